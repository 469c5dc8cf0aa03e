//! Writing a post, and editing one: what the editor's form asks for is done here, and whatever comes of it, the text in
//! the form is not lost.

use super::draft::Draft;
use super::editor::{self, EditedPost, Editor, Notice, Stored};
use super::form::{Form, see_other};
use crate::clock;
use crate::endpoint::lookup::decode_segment;
use crate::endpoint::{Exchange, errors};
use crate::http::{Problem, query};
use crate::model::{Post, PostContent, PostId, PostKey, Revision};
use crate::pages::session::{Session, Visitor, session};
use crate::pages::state::PageState;
use crate::pages::text;
use crate::store::StoreError;

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
    let post = match name {
        Some(name) => Some(find(exchange, name)?.ok_or_else(errors::no_such_post)?),
        None => None,
    };
    let mut editor = match &post {
        Some(post) => editor_with(post, pages),
        None => Editor::new(Draft::default(), None),
    };
    if query::get(exchange.query(), "saved").is_some() {
        editor.notice = Notice::Saved;
    }
    editor::write(pages, exchange, &visitor, form_token, (200, &editor))
}

/// Does what a form asks for.
pub fn post(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    name: Option<&str>,
) -> Result<(), Problem> {
    let form = Form::parse(exchange.request.body);
    let session = session(pages, exchange.state, exchange.request)
        .ok_or_else(|| errors::unauthorized("sign in to write"))?;
    let mut writing = Writing {
        pages,
        visitor: Visitor::of(pages, exchange),
        form_token: pages.sessions.form_token(&session),
        draft: Draft::of_form(&form),
        revision: form.get("revision").parse().ok(),
        post: None,
    };
    if let Some(refusal) = writing.refusal(&session, form.get("form_token")) {
        // Without the post that is edited: nothing is asked of the store for who may not.
        return writing.show_again(exchange, name, refusal);
    }
    if let Some(name) = name {
        writing.post = match find(exchange, name) {
            Ok(Some(post)) => Some(post),
            Ok(None) => {
                let editor = Editor::new(writing.draft.clone(), None).with(Notice::Gone);
                return writing.show(exchange, 404, &editor);
            }
            Err(problem) => {
                let notice = Notice::Failed(problem.detail().to_owned());
                return writing.show_again(exchange, Some(name), (problem.status(), notice));
            }
        };
    }
    match form.get("action") {
        "preview" => {
            let mut editor = Editor::new(writing.draft.clone(), writing.post_in_form());
            editor.has_preview = true;
            writing.show(exchange, 200, &editor)
        }
        _ => writing.save(exchange),
    }
}

/// A form that was sent.
struct Writing<'a> {
    pages: &'a PageState,
    visitor: Visitor,
    /// What the form carries when it is shown again.
    form_token: String,
    draft: Draft,
    /// The content's number that the form was opened with.
    revision: Option<Revision>,
    /// The post that is edited, as the store has it.
    post: Option<Post>,
}

impl Writing<'_> {
    /// Why nothing is written for this session and this form.
    fn refusal(&self, session: &Session, form_token: &str) -> Option<(u16, Notice)> {
        if let Visitor::SignedOut { sign_in } = &self.visitor {
            let sign_in = sign_in.clone();
            return Some((401, Notice::SignedOut { sign_in }));
        }
        let is_own_form = self.pages.sessions.is_form_token(session, form_token);
        (!is_own_form).then_some((403, Notice::OtherSession))
    }

    /// Shows the form once more, for the same post.
    fn show_again(
        &self,
        exchange: &mut Exchange<'_>,
        name: Option<&str>,
        (status, notice): (u16, Notice),
    ) -> Result<(), Problem> {
        let post = name
            .and_then(|name| name.parse().ok())
            .map(|id| EditedPost {
                id,
                slug: id.to_string(),
                revision: self.revision.unwrap_or(0),
            });
        let editor = Editor::new(self.draft.clone(), post).with(notice);
        self.show(exchange, status, &editor)
    }

    /// The post that is edited, with the number that the form was opened with: what is shown again is not newer.
    fn post_in_form(&self) -> Option<EditedPost> {
        let post = EditedPost::from(self.post.as_ref()?);
        Some(EditedPost {
            revision: self.revision.unwrap_or(0),
            ..post
        })
    }

    fn save(&self, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
        let mut editor = Editor::new(self.draft.clone(), self.post_in_form());
        let old = self.post.as_ref().map(|post| &post.content);
        let zone = &self.pages.settings.zone;
        let content = match self.draft.content(old, zone, clock::now()) {
            Ok(content) => content,
            Err(mistakes) => {
                editor.notice = Notice::NotValid(mistakes.count());
                editor.mistakes = mistakes;
                return self.show(exchange, 422, &editor);
            }
        };
        match self.store(exchange, &content) {
            Ok(id) => {
                see_other(exchange, &format!("/write/{id}?saved"));
                Ok(())
            }
            Err(StoreError::SlugTaken) => {
                let detail = format!(
                    "another post has the slug “{}”; choose another one",
                    content.slug
                );
                editor.mistakes.slug = Some(detail);
                editor.notice = Notice::NotValid(1);
                self.show(exchange, 409, &editor)
            }
            Err(StoreError::Changed) => self.show_change(exchange, editor),
            Err(StoreError::NoSuchPost) => {
                let editor = Editor::new(self.draft.clone(), None).with(Notice::Gone);
                self.show(exchange, 404, &editor)
            }
            Err(error) => {
                let problem = Problem::from(error);
                let notice = Notice::Failed(problem.detail().to_owned());
                self.show(exchange, problem.status(), &editor.with(notice))
            }
        }
    }

    /// Writes the post; answers its id.
    fn store(&self, exchange: &Exchange<'_>, content: &PostContent) -> Result<PostId, StoreError> {
        let cache = &exchange.state.store;
        let post = match &self.post {
            // A form without a number follows no content.
            Some(post) => {
                let expected = [self.revision.unwrap_or(0)];
                cache.store().update(post.id, content, Some(&expected))?
            }
            None => cache.store().create(content)?,
        };
        cache.invalidate(post.id);
        Ok(post.id)
    }

    /// Tells what was stored while the form was open. Saved once more, the form's text follows that.
    fn show_change(&self, exchange: &mut Exchange<'_>, mut editor: Editor) -> Result<(), Problem> {
        let id = editor.post.as_ref().map_or(0, |post| post.id);
        let Some(stored) = exchange.state.store.store().post(PostKey::Id(id))? else {
            let editor = Editor::new(self.draft.clone(), None).with(Notice::Gone);
            return self.show(exchange, 404, &editor);
        };
        let zone = &self.pages.settings.zone;
        editor.post = Some(EditedPost::from(&stored));
        editor.stored = Some(Stored {
            draft: Draft::of_post(&stored.content, zone),
            changed: text::minute(stored.content.updated_at, zone),
        });
        self.show(exchange, 409, &editor.with(Notice::Changed))
    }

    fn show(
        &self,
        exchange: &mut Exchange<'_>,
        status: u16,
        editor: &Editor,
    ) -> Result<(), Problem> {
        let (pages, visitor) = (self.pages, &self.visitor);
        editor::write(pages, exchange, visitor, &self.form_token, (status, editor))
    }
}

/// The post of a name, as the store has it now.
fn find(exchange: &Exchange<'_>, name: &str) -> Result<Option<Post>, Problem> {
    let name = decode_segment(name)?;
    Ok(exchange.state.store.store().post(PostKey::parse(&name))?)
}

fn editor_with(post: &Post, pages: &PageState) -> Editor {
    let draft = Draft::of_post(&post.content, &pages.settings.zone);
    Editor::new(draft, Some(EditedPost::from(post)))
}
