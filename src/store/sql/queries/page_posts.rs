//! Which post a page is, by its address, and which post a file is whose page was read before.
//!
//! A post has at most one address and an address at most one post. A post that has none yet is found by its slug, and gets
//! the address with the page's first view: so a file that is imported first and a page that is read first are one post. Of
//! several posts of one slug, folders and dates decide, see [`likeness`].

use std::cmp::Reverse;

use diesel::prelude::*;

use super::backend::DbConnection;
use super::{deleted_posts, meta, posts as post_rows};
use crate::model::{
    FileHints, NewPage, PageAddress, PagePost, PostContent, PostId, TimestampMs, likeness,
    slug_of_file,
};
use crate::store::error::StoreError;
use crate::store::source::{ImportContent, Source};
use crate::store::sql::schema::posts;

/// How many posts of one slug are looked at: `hello`, `hello-2` … More are no posts that anybody reads.
const MAX_ALIKE: usize = 1_000;

/// The row of `meta` with the posts made today: the day, and how many.
const MADE_TODAY: &str = "new_posts";

/// A post that may be the one.
#[derive(Queryable)]
struct Candidate {
    id: PostId,
    address: Option<String>,
    source: Option<String>,
    source_path: Option<String>,
    published_at: i64,
    has_text: bool,
}

impl Candidate {
    /// Whether it has the slug because another post has it without a number.
    fn is_of_slug(&self, slug: &str) -> bool {
        let of_file = self.source_path.as_deref().and_then(slug_of_file);
        let of_page = self.address.clone().map(PageAddress::of_stored);
        of_file.is_some_and(|found| found == slug)
            || of_page.is_some_and(|page| page.slug_to_be() == slug)
    }

    /// Whether it was made for its views, and nobody has written anything there.
    fn is_blank(&self) -> bool {
        self.source.is_none() && !self.has_text
    }
}

/// The post of a page, as [`make`] would find it.
pub(super) fn find(
    connection: &mut DbConnection,
    page: &PageAddress,
) -> Result<Option<PostId>, StoreError> {
    find_on_any(connection, std::slice::from_ref(page))
}

/// The post of a page that is on one of several sites.
pub(super) fn find_on_any(
    connection: &mut DbConnection,
    pages: &[PageAddress],
) -> Result<Option<PostId>, StoreError> {
    for page in pages {
        if let Some(found) = known(connection, page)? {
            return Ok(found.id());
        }
    }
    match pages {
        [page, ..] => by_slug(connection, page),
        [] => Ok(None),
    }
}

/// The post of a page, which gets the address where it had none, and is made where there is none.
pub(super) fn make(
    connection: &mut DbConnection,
    new: &NewPage<'_>,
) -> Result<PagePost, StoreError> {
    if let Some(found) = known(connection, new.page)? {
        if let PagePost::Joined(id) = found {
            set_address(connection, id, new.page.address())?;
        }
        return Ok(found);
    }
    if let Some(id) = by_slug(connection, new.page)? {
        set_address(connection, id, new.page.address())?;
        return Ok(PagePost::Joined(id));
    }
    if let Some(most) = new.most_a_day
        && !take_one(connection, new.at, most)?
    {
        return Ok(PagePost::Full);
    }
    let content = PostContent {
        slug: post_rows::free_slug(connection, &new.page.slug_to_be(), None)?,
        title: new.title.to_owned(),
        summary: String::new(),
        body: String::new(),
        tags: Vec::new(),
        published_at: new.at,
        updated_at: new.at,
    };
    let id = post_rows::create(connection, &content, None)?.id;
    set_address(connection, id, new.page.address())?;
    Ok(PagePost::Made(id))
}

/// The blank post that was made for the page of a file, if there is one.
pub(super) fn of_file(
    connection: &mut DbConnection,
    source: &Source,
    wanted: &ImportContent,
) -> Result<Option<PostId>, StoreError> {
    let alike = alike(connection, &wanted.slug)?;
    let mut blank = alike.into_iter().filter(|(_, post)| post.is_blank());
    if let Some(address) = &wanted.address {
        let mut addresses = vec![address.clone()];
        if address.starts_with('/') {
            let hosts = hosts(connection)?;
            addresses.extend(hosts.iter().map(|host| format!("{host}{address}")));
        }
        for address in addresses {
            if let Some(found) = by_address(connection, &address)?
                && found.is_blank()
            {
                return Ok(Some(found.id));
            }
        }
        // Its site may be in a folder. What is elsewhere is another page.
        let found = blank.find(|(number, post)| match &post.address {
            Some(known) => known.ends_with(address.as_str()),
            None => *number == 1,
        });
        return Ok(found.map(|(_, post)| post.id));
    }
    let hints = FileHints {
        file: Some(&source.relative),
        published_at: wanted.published_at,
    };
    let likely = blank.filter_map(|(number, post)| {
        if number > 1 && !post.is_of_slug(&wanted.slug) {
            return None;
        }
        let like = match post.address.clone() {
            Some(address) => likeness(PageAddress::of_stored(address).path(), hints)?,
            None => 0,
        };
        Some((like, Reverse(post.id)))
    });
    Ok(likely.max().map(|(_, Reverse(id))| id))
}

/// Gives a post the address that its file says, unless another post has it. A path alone does not replace the same path on
/// a host.
pub(super) fn set_address_of_file(
    connection: &mut DbConnection,
    id: PostId,
    wanted: &str,
) -> Result<bool, StoreError> {
    let now: Option<String> = posts::table
        .find(id)
        .select(posts::address)
        .get_result(connection)?;
    let wanted = match &now {
        Some(now) if now.ends_with(wanted) => return Ok(false),
        Some(now) if wanted.starts_with('/') => {
            let host = now.split('/').next().unwrap_or_default();
            format!("{host}{wanted}")
        }
        _ => wanted.to_owned(),
    };
    let taken: i64 = posts::table
        .filter(posts::address.eq(&wanted))
        .count()
        .get_result(connection)?;
    if taken > 0 {
        return Ok(false);
    }
    set_address(connection, id, &wanted)?;
    Ok(true)
}

/// The hosts of all addresses, in order. A step in their index each.
pub(super) fn hosts(connection: &mut DbConnection) -> Result<Vec<String>, StoreError> {
    let mut hosts: Vec<String> = Vec::new();
    // Addresses without a host begin with a slash, which sorts before all that a host begins with.
    let mut after = "0".to_owned();
    while let Some(address) = posts::table
        .filter(posts::address.ge(&after))
        .order(posts::address.asc())
        .select(posts::address.assume_not_null())
        .first::<String>(connection)
        .optional()?
    {
        let host = address.split('/').next().unwrap_or_default();
        // Beyond all of this host: 0 follows the slash.
        after = format!("{host}0");
        hosts.push(host.to_owned());
    }
    Ok(hosts)
}

/// The post that has the address, or its path alone; or that had it and is deleted.
fn known(
    connection: &mut DbConnection,
    page: &PageAddress,
) -> Result<Option<PagePost>, StoreError> {
    let exact: Option<PostId> = posts::table
        .filter(posts::address.eq(page.address()))
        .select(posts::id)
        .get_result(connection)
        .optional()?;
    if let Some(id) = exact {
        return Ok(Some(match deleted_posts::contains(connection, id)? {
            true => PagePost::Deleted,
            false => PagePost::Found(id),
        }));
    }
    for path in [page.path_on_site(), page.path()] {
        if let Some(found) = by_address(connection, path)? {
            return Ok(Some(PagePost::Joined(found.id)));
        }
    }
    Ok(None)
}

/// The post without an address whose page it is likely to be.
fn by_slug(
    connection: &mut DbConnection,
    page: &PageAddress,
) -> Result<Option<PostId>, StoreError> {
    // What makes no slug is no post's page that has no address.
    let Some(slug) = page.slug() else {
        return Ok(None);
    };
    let alike = alike(connection, &slug)?;
    let likely = alike.into_iter().filter_map(|(number, post)| {
        if post.address.is_some() || number > 1 && !post.is_of_slug(&slug) {
            return None;
        }
        let hints = FileHints {
            file: post.source_path.as_deref(),
            published_at: Some(TimestampMs(post.published_at)),
        };
        Some((likeness(page.path(), hints)?, Reverse(post.id)))
    });
    Ok(likely.max().map(|(_, Reverse(id))| id))
}

/// The posts with a slug and with numbers after it, up to a number that none has.
fn alike(connection: &mut DbConnection, slug: &str) -> Result<Vec<(usize, Candidate)>, StoreError> {
    let mut found = Vec::new();
    for number in 1..=MAX_ALIKE {
        let name = match number {
            1 => slug.to_owned(),
            number => post_rows::numbered(slug, number),
        };
        let post = candidates()
            .filter(posts::slug.eq(name))
            .get_result(connection)
            .optional()?;
        match post {
            Some(post) => found.push((number, post)),
            // The first may have been given another slug.
            None if number == 1 => {}
            None => break,
        }
    }
    Ok(found)
}

fn by_address(
    connection: &mut DbConnection,
    address: &str,
) -> Result<Option<Candidate>, StoreError> {
    let found: Option<Candidate> = candidates()
        .filter(posts::address.eq(address))
        .get_result(connection)
        .optional()?;
    match found {
        Some(post) if deleted_posts::contains(connection, post.id)? => Ok(None),
        found => Ok(found),
    }
}

/// Takes one of the posts that may be made on a day, if one is left.
fn take_one(
    connection: &mut DbConnection,
    now: TimestampMs,
    most: u64,
) -> Result<bool, StoreError> {
    let today = now.day().0;
    let stored = meta::get(connection, MADE_TODAY)?;
    let made = stored.and_then(|text| {
        let (day, made) = text.split_once(' ')?;
        let is_today = day.parse() == Ok(today);
        made.parse().ok().filter(|_: &u64| is_today)
    });
    let made = made.unwrap_or(0);
    if made >= most {
        return Ok(false);
    }
    meta::set(connection, MADE_TODAY, &format!("{today} {}", made + 1))?;
    Ok(true)
}

fn set_address(connection: &mut DbConnection, id: PostId, address: &str) -> Result<(), StoreError> {
    diesel::update(posts::table.find(id))
        .set(posts::address.eq(address))
        .execute(connection)?;
    Ok(())
}

/// What is looked at of each. A deleted post has no slug.
#[diesel::dsl::auto_type(no_type_alias)]
fn candidates() -> _ {
    posts::table.select((
        posts::id,
        posts::address,
        posts::source,
        posts::source_path,
        posts::published_at,
        posts::body.ne(""),
    ))
}
