//! The editor's form as it was sent. Whatever keeps it from being stored, its text is shown again.

use super::draft::Draft;
use super::editor::{self, EditedPost, Editor, Notice, Stored};
use super::form::Form;
use super::line_diff::line_diff;
use crate::endpoint::Exchange;
use crate::http::Problem;
use crate::model::{Post, PostId, PostKey, Revision};
use crate::pages::session::{Session, Visitor};
use crate::pages::state::PageState;
use crate::pages::text;
use crate::store::StoreError;

/// See the module.
pub struct SentForm<'a> {
    pub pages: &'a PageState,
    pub visitor: Visitor,
    /// What the form carries when it is shown again.
    pub form_token: String,
    pub draft: Draft,
    /// The content's number that the form was opened with; 0, which no content has, without one.
    pub revision: Revision,
    /// The post that is edited, as the store has it.
    pub post: Option<Post>,
}

impl<'a> SentForm<'a> {
    /// Reads the fields of a form that was sent in a session; the post is not looked up yet.
    pub fn new(
        pages: &'a PageState,
        exchange: &Exchange<'_>,
        session: &Session,
        fields: &Form<'_>,
    ) -> SentForm<'a> {
        SentForm {
            pages,
            visitor: Visitor::of(pages, exchange),
            form_token: pages.sessions.form_token(session),
            draft: Draft::of_form(fields),
            revision: fields.get("revision").parse().unwrap_or(0),
            post: None,
        }
    }

    /// Why nothing is done for this session and this form: the status, and what is told.
    pub fn refusal(&self, session: &Session, fields: &Form<'_>) -> Option<(u16, Notice)> {
        if let Visitor::SignedOut { sign_in } = &self.visitor {
            let sign_in = sign_in.clone();
            return Some((401, Notice::SignedOut { sign_in }));
        }
        let sessions = &self.pages.sessions;
        let is_own_form = sessions.is_form_token(session, fields.get("form_token"));
        (!is_own_form).then_some((403, Notice::OtherSession))
    }

    /// The editor with the form's text.
    pub fn editor(&self) -> Editor {
        let post = self.post.as_ref().map(|post| EditedPost {
            // What is shown again is no newer than it was.
            revision: self.revision,
            ..EditedPost::from(post)
        });
        Editor::new(self.draft.clone(), post)
    }

    /// The editor with the form's text, and a post of which no more is known than its id.
    pub fn editor_of(&self, id: PostId) -> Editor {
        let post = EditedPost {
            id,
            slug: id.to_string(),
            revision: self.revision,
        };
        Editor::new(self.draft.clone(), Some(post))
    }

    /// Shows the editor.
    pub fn show(
        &self,
        exchange: &mut Exchange<'_>,
        status: u16,
        editor: &Editor,
    ) -> Result<(), Problem> {
        let (pages, visitor) = (self.pages, &self.visitor);
        editor::write(pages, exchange, visitor, &self.form_token, (status, editor))
    }

    /// Shows the form once more before its post was looked up.
    pub fn show_again(
        &self,
        exchange: &mut Exchange<'_>,
        name: Option<&str>,
        (status, notice): (u16, Notice),
    ) -> Result<(), Problem> {
        // Forms name a post by its id.
        let editor = match name.and_then(|name| name.parse().ok()) {
            Some(id) => self.editor_of(id),
            None => self.editor(),
        };
        self.show(exchange, status, &editor.with(notice))
    }

    /// Tells what kept the store from doing what was asked.
    pub fn show_failure(
        &self,
        exchange: &mut Exchange<'_>,
        error: StoreError,
    ) -> Result<(), Problem> {
        match error {
            StoreError::Changed => self.show_change(exchange),
            StoreError::NoSuchPost => self.show_gone(exchange),
            error => {
                let problem = Problem::from(error);
                let notice = Notice::Failed(problem.detail().to_owned());
                self.show(exchange, problem.status(), &self.editor().with(notice))
            }
        }
    }

    /// Tells that the post is gone for good; the text can become a new one.
    pub fn show_gone(&self, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
        let editor = Editor::new(self.draft.clone(), None).with(Notice::Gone);
        self.show(exchange, 404, &editor)
    }

    /// Tells what was stored while the form was open. Saved once more, the form's text follows that.
    fn show_change(&self, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
        let id = self.post.as_ref().map_or(0, |post| post.id);
        let Some(stored) = exchange.state.store.store().post(PostKey::Id(id))? else {
            return self.show_gone(exchange);
        };
        let zone = &self.pages.settings.zone;
        let mut editor = Editor::new(self.draft.clone(), Some(EditedPost::from(&stored)));
        let draft = Draft::of_post(&stored.content, zone);
        editor.stored = Some(Stored {
            differences: draft.differences(&self.draft),
            line_diff: line_diff(&draft.body, &self.draft.body),
            draft,
            changed: text::minute(stored.content.updated_at, zone),
        });
        self.show(exchange, 409, &editor.with(Notice::Changed))
    }
}
