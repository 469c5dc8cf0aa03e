//! Lists of posts with the fields that a client asks for.

use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::endpoint::{PostQuery, SiteState, errors};
use crate::http::{Problem, query};
use crate::model::{Page, PostId, PostKey, PostSummary};
use crate::store::StoreError;

/// Bytes of bodies in one page. It ends before the post that goes beyond, unless that is its first.
const MAX_BODIES: usize = 4 << 20;

const FIELDS: [Field; 10] = [
    Field::Id,
    Field::Slug,
    Field::Title,
    Field::Summary,
    Field::Tags,
    Field::PublishedAt,
    Field::UpdatedAt,
    Field::Views,
    Field::Viewers,
    Field::Body,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Slug,
    Title,
    Summary,
    Tags,
    PublishedAt,
    UpdatedAt,
    Views,
    Viewers,
    Body,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::Slug => "slug",
            Field::Title => "title",
            Field::Summary => "summary",
            Field::Tags => "tags",
            Field::PublishedAt => "published_at",
            Field::UpdatedAt => "updated_at",
            Field::Views => "views",
            Field::Viewers => "viewers",
            Field::Body => "body",
        }
    }
}

/// The fields that each post of a list has, in the order asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PostFields(Vec<Field>);

impl PostFields {
    /// Those of `fields` in a query, each once; all but the body where it is not given.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub(super) fn parse(text: &str) -> Result<PostFields, Problem> {
        let Some(names) = query::get(text, "fields") else {
            let all_but_body = FIELDS.into_iter().filter(|field| *field != Field::Body);
            return Ok(PostFields(all_but_body.collect()));
        };
        let mut fields = Vec::new();
        for name in names.split(',') {
            let known = FIELDS.into_iter().find(|field| field.name() == name);
            let field = known.ok_or_else(|| {
                let all = FIELDS.map(Field::name).join(",");
                errors::bad_parameter("fields", &format!("some of {all}, separated by commas"))
            })?;
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        Ok(PostFields(fields))
    }

    /// The page of a list, with these fields.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn page(
        &self,
        query: &PostQuery,
        state: &SiteState,
    ) -> Result<Page<ListedPost<'_>>, StoreError> {
        let mut page = query.page(state)?;
        let mut bodies = HashMap::new();
        if self.0.contains(&Field::Body) {
            let fit = read_bodies(state, &page.items, &mut bodies)?;
            if fit < page.items.len() {
                // So that its cursor is that of the last post that fits.
                page = query.limited_to(fit).page(state)?;
                read_bodies(state, &page.items, &mut bodies)?;
            }
        }
        let listed = |post: PostSummary| ListedPost {
            body: bodies.remove(&post.id),
            post,
            fields: self,
        };
        Ok(Page {
            items: page.items.into_iter().map(listed).collect(),
            next: page.next,
        })
    }
}

/// Reads the bodies that are not there yet. Returns of how many posts they fit into one page.
fn read_bodies(
    state: &SiteState,
    posts: &[PostSummary],
    bodies: &mut HashMap<PostId, String>,
) -> Result<usize, StoreError> {
    let mut bytes = 0;
    for (index, post) in posts.iter().enumerate() {
        if !bodies.contains_key(&post.id)
            // A post that has been deleted in between has none.
            && let Some(found) = state.store.store().post(PostKey::Id(post.id))?
        {
            bodies.insert(post.id, found.content.body);
        }
        bytes += bodies.get(&post.id).map_or(0, String::len);
        if bytes > MAX_BODIES && index > 0 {
            return Ok(index);
        }
    }
    Ok(posts.len())
}

/// A post of a list.
pub(super) struct ListedPost<'f> {
    post: PostSummary,
    body: Option<String>,
    fields: &'f PostFields,
}

impl Serialize for ListedPost<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.0.len()))?;
        let post = &self.post;
        for field in &self.fields.0 {
            let name = field.name();
            match field {
                Field::Id => map.serialize_entry(name, &post.id),
                Field::Slug => map.serialize_entry(name, &post.slug),
                Field::Title => map.serialize_entry(name, &post.title),
                Field::Summary => map.serialize_entry(name, &post.summary),
                Field::Tags => map.serialize_entry(name, &post.tags),
                Field::PublishedAt => map.serialize_entry(name, &post.published_at),
                Field::UpdatedAt => map.serialize_entry(name, &post.updated_at),
                Field::Views => map.serialize_entry(name, &post.views),
                Field::Viewers => map.serialize_entry(name, &post.viewers),
                Field::Body => map.serialize_entry(name, &self.body),
            }?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_given_in_the_order_asked_for_and_each_once() {
        let parsed = PostFields::parse("fields=views,id,views").expect("known fields");
        assert_eq!(parsed, PostFields(vec![Field::Views, Field::Id]));
        let all = PostFields::parse("limit=3").expect("none asked for");
        assert_eq!(all.0.len(), FIELDS.len() - 1);
        for unknown in ["fields=", "fields=id,", "fields=ID", "fields=id, slug"] {
            assert!(PostFields::parse(unknown).is_err(), "{unknown}");
        }
    }
}
