//! The addresses of pages, against the form in which pages are looked for. That each is of one post, the database holds.

use diesel::prelude::*;

use super::backend::{DbConnection, RowByRow};
use crate::model::{Inconsistency, PageAddress, PostId};
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;

/// An address by which its post is not found.
struct Wrong {
    post: PostId,
    slug: String,
    is: String,
    /// What it would have to be; `None` for what is no address.
    normal: Option<String>,
}

/// Tells of addresses by which no post is found.
pub(super) fn check(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for wrong in wrong(connection)? {
        found(Inconsistency::Address {
            post: wrong.post,
            slug: wrong.slug,
            is: wrong.is,
            normal: wrong.normal,
        });
    }
    Ok(())
}

/// Gives such posts the address that theirs stands for, unless another post has it, or none.
pub(super) fn repair(connection: &mut DbConnection) -> Result<(), StoreError> {
    for wrong in wrong(connection)? {
        let taken: i64 = posts::table
            .filter(posts::address.eq(&wrong.normal))
            .count()
            .get_result(connection)?;
        let address = wrong.normal.filter(|_| taken == 0);
        diesel::update(posts::table.find(wrong.post))
            .set(posts::address.eq(address))
            .execute(connection)?;
    }
    Ok(())
}

fn wrong(connection: &mut DbConnection) -> Result<Vec<Wrong>, StoreError> {
    let addresses = posts::table
        .filter(posts::address.is_not_null())
        .order(posts::id)
        .select((posts::id, posts::slug, posts::address.assume_not_null()));
    let mut found = Vec::new();
    for row in addresses.load_iter::<(PostId, String, String), RowByRow>(connection)? {
        let (post, slug, is) = row?;
        let normal = PageAddress::normal_form(&is);
        if normal.as_ref() != Some(&is) {
            found.push(Wrong {
                post,
                slug,
                is,
                normal,
            });
        }
    }
    Ok(found)
}
