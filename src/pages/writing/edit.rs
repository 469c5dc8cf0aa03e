//! The editor's path: shows a post in the editor, and does what the editor's form asks for.

use super::draft::Draft;
use super::editor::{self, EditedPost, Editor, Notice};
use super::form::Form;
use super::sent_form::SentForm;
use super::{delete, save};
use crate::endpoint::lookup::decode_segment;
use crate::endpoint::{Exchange, errors};
use crate::http::{Problem, query};
use crate::model::{DeletedPost, Post, PostKey};
use crate::pages::session::{Visitor, session};
use crate::pages::state::PageState;

/// Deleted posts that the empty editor names.
const DELETED_SHOWN: usize = 10;

/// Shows the editor: with the post of that name, or empty.
pub fn show(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    name: Option<&str>,
) -> Result<(), Problem> {
    let visitor = Visitor::of(pages, exchange);
    let Visitor::SignedIn { form_token } = &visitor else {
        return Err(errors::unauthorized("sign in to write"));
    };
    let mut editor = Editor::new(Draft::default(), None);
    match name {
        None => editor.deleted = exchange.state.store.store().deleted_posts(DELETED_SHOWN)?,
        Some(name) => match find(exchange, name)? {
            Some(post) => {
                editor.draft = Draft::of_post(&post.content, &pages.settings.zone);
                editor.post = Some(EditedPost::from(&post));
            }
            None => {
                let deleted = find_deleted(exchange, name)?.ok_or_else(errors::no_such_post)?;
                return delete::show(pages, exchange, &visitor, form_token, (&deleted, None));
            }
        },
    }
    let asked = |name| query::get(exchange.query(), name).is_some();
    if asked("saved") {
        editor.notice = Notice::Saved;
    } else if asked("restored") {
        editor.notice = Notice::Back;
    }
    editor::write(pages, exchange, &visitor, form_token, (200, &editor))
}

/// Does what a form asks for.
pub fn post(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    name: Option<&str>,
) -> Result<(), Problem> {
    let fields = Form::parse(exchange.request.body);
    let session = session(pages, exchange.state, exchange.request)
        .ok_or_else(|| errors::unauthorized("sign in to write"))?;
    let mut form = SentForm::new(pages, exchange, &session, &fields);
    if let Some(refusal) = form.refusal(&session, &fields) {
        // Before the post is looked up: nothing is asked of the store for who may not.
        return form.show_again(exchange, name, refusal);
    }
    let action = fields.get("action");
    if let Some(name) = name {
        match find(exchange, name) {
            Ok(Some(post)) => form.post = Some(post),
            Ok(None) => {
                return match find_deleted(exchange, name)? {
                    Some(deleted) => delete::post(&form, exchange, action, &deleted),
                    None => form.show_gone(exchange),
                };
            }
            Err(problem) => {
                let notice = Notice::Failed(problem.detail().to_owned());
                return form.show_again(exchange, Some(name), (problem.status(), notice));
            }
        }
    }
    match (action, &form.post) {
        ("delete", Some(post)) => delete::delete(&form, exchange, post),
        ("preview", _) => {
            let mut editor = form.editor();
            editor.has_preview = true;
            form.show(exchange, 200, &editor)
        }
        _ => save::save(&form, exchange),
    }
}

/// The post of a name, as the store has it now.
fn find(exchange: &Exchange<'_>, name: &str) -> Result<Option<Post>, Problem> {
    let name = decode_segment(name)?;
    Ok(exchange.state.store.store().post(PostKey::parse(&name))?)
}

/// The post of an id that is deleted and can be brought back.
fn find_deleted(exchange: &Exchange<'_>, name: &str) -> Result<Option<DeletedPost>, Problem> {
    match name.parse() {
        Ok(id) => Ok(exchange.state.store.store().deleted_post(id)?),
        Err(_) => Ok(None),
    }
}
