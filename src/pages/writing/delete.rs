//! Deleting a post, and bringing it back.

use askama::Template;

use super::draft::Draft;
use super::editor::Notice;
use super::form::see_other;
use super::sent_form::SentForm;
use crate::clock;
use crate::endpoint::{Exchange, errors};
use crate::http::Problem;
use crate::model::{DeletedPost, Post};
use crate::pages::layout::Layout;
use crate::pages::personal::{self, PersonalPage};
use crate::pages::session::Visitor;
use crate::pages::state::PageState;
use crate::pages::text;
use crate::store::StoreError;

#[derive(Template)]
#[template(path = "deleted.html", config = "src/pages/askama.toml")]
struct DeletedPage<'a> {
    layout: Layout,
    form_token: &'a str,
    post: &'a DeletedPost,
    language: &'static str,
    deleted: String,
    gone: String,
    /// Text that was in the form and never stored: it goes along, and is there again with the post.
    unsaved: Option<&'a Draft>,
}

/// Shows that a post is deleted, and how to bring it back.
pub fn show(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    visitor: &Visitor,
    form_token: &str,
    (post, unsaved): (&DeletedPost, Option<&Draft>),
) -> Result<(), Problem> {
    let zone = &pages.settings.zone;
    let page = DeletedPage {
        layout: personal::layout(exchange, visitor),
        form_token,
        language: text::language(&post.title),
        deleted: text::minute(post.deleted_at, zone),
        gone: text::day(post.gone_at(), zone),
        post,
        unsaved,
    };
    let html = page.render().map_err(|_| Problem::internal())?;
    let page = PersonalPage {
        status: 200,
        visitor,
        has_images: false,
        html: &html,
    };
    personal::write(pages, exchange, &page);
    Ok(())
}

/// Deletes the post of a form, unless it was changed since the form was opened.
pub fn delete(
    form: &SentForm<'_>,
    exchange: &mut Exchange<'_>,
    post: &Post,
) -> Result<(), Problem> {
    let cache = &exchange.state.store;
    let now = clock::now();
    match cache
        .store()
        .soft_delete(post.id, Some(&[form.revision]), now)
    {
        Ok(()) => cache.invalidate(post.id),
        Err(error) => return form.show_failure(exchange, error),
    }
    let deleted = DeletedPost {
        id: post.id,
        title: post.content.title.clone(),
        deleted_at: now,
    };
    let stored = Draft::of_post(&post.content, &form.pages.settings.zone);
    let unsaved = (stored != form.draft).then_some(&form.draft);
    show_deleted(form, exchange, &deleted, unsaved)
}

/// Does what a form asks for whose post is deleted and can be brought back.
pub fn post(
    form: &SentForm<'_>,
    exchange: &mut Exchange<'_>,
    action: &str,
    deleted: &DeletedPost,
) -> Result<(), Problem> {
    match action {
        "undo" => undo(form, exchange, deleted),
        // Sent again.
        "delete" => show_deleted(form, exchange, deleted, Some(&form.draft)),
        _ => {
            let editor = form.editor_of(deleted.id).with(Notice::Deleted);
            form.show(exchange, 404, &editor)
        }
    }
}

fn show_deleted(
    form: &SentForm<'_>,
    exchange: &mut Exchange<'_>,
    deleted: &DeletedPost,
    unsaved: Option<&Draft>,
) -> Result<(), Problem> {
    let (pages, visitor) = (form.pages, &form.visitor);
    show(
        pages,
        exchange,
        visitor,
        &form.form_token,
        (deleted, unsaved),
    )
}

/// Brings a post back, and with it the text that was in its form.
fn undo(
    form: &SentForm<'_>,
    exchange: &mut Exchange<'_>,
    deleted: &DeletedPost,
) -> Result<(), Problem> {
    let cache = &exchange.state.store;
    let post = match cache.store().undelete(deleted.id) {
        Ok(post) => post,
        Err(StoreError::NoSuchPost) => return Err(errors::no_such_post()),
        Err(error) => return form.show_failure(exchange, error),
    };
    cache.invalidate(post.id);
    let is_unsaved = form.draft != Draft::default()
        && form.draft != Draft::of_post(&post.content, &form.pages.settings.zone);
    if is_unsaved {
        let editor = form.editor_of(post.id).with(Notice::BackUnsaved);
        form.show(exchange, 200, &editor)
    } else {
        see_other(exchange, &format!("/write/{}?restored", post.id));
        Ok(())
    }
}
