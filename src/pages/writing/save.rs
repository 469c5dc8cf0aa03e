//! Storing what the editor's form holds.

use super::editor::Notice;
use super::form::see_other;
use super::sent_form::SentForm;
use crate::clock;
use crate::endpoint::Exchange;
use crate::http::Problem;
use crate::model::{PostContent, PostId};
use crate::store::StoreError;

/// Stores the form's text as its post, or as a new one.
pub fn save(form: &SentForm<'_>, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let old = form.post.as_ref().map(|post| &post.content);
    let zone = &form.pages.settings.zone;
    let content = match form.draft.content(old, zone, clock::now()) {
        Ok(content) => content,
        Err(mistakes) => {
            let mut editor = form.editor().with(Notice::NotValid(mistakes.count()));
            editor.mistakes = mistakes;
            return form.show(exchange, 422, &editor);
        }
    };
    match store(form, exchange, &content) {
        Ok(id) => {
            see_other(exchange, &format!("/write/{id}?saved"));
            Ok(())
        }
        Err(StoreError::SlugTaken) => {
            let mut editor = form.editor().with(Notice::NotValid(1));
            let slug = &content.slug;
            let detail = format!("another post has the slug “{slug}”; choose another one");
            editor.mistakes.slug = Some(detail);
            form.show(exchange, 409, &editor)
        }
        Err(error) => form.show_failure(exchange, error),
    }
}

/// Writes the post, unless it is so already; answers its id.
fn store(
    form: &SentForm<'_>,
    exchange: &Exchange<'_>,
    content: &PostContent,
) -> Result<PostId, StoreError> {
    let cache = &exchange.state.store;
    let post = match &form.post {
        Some(post) if is_same(&post.content, content) => return Ok(post.id),
        Some(post) => cache
            .store()
            .update(post.id, content, Some(&[form.revision]))?,
        None => cache.store().create(content)?,
    };
    cache.invalidate(post.id);
    Ok(post.id)
}

/// Whether two contents differ in nothing but the time of their last change.
fn is_same(stored: &PostContent, content: &PostContent) -> bool {
    let mut stored = stored.clone();
    stored.updated_at = content.updated_at;
    stored == *content
}
