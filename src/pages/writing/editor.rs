//! The editor as a page.

use askama::Template;

use super::draft::{Draft, Mistakes};
use super::line_diff::DiffLine;
use crate::endpoint::Exchange;
use crate::http::Problem;
use crate::model::{DeletedPost, Post, PostId, Revision};
use crate::pages::layout::Layout;
use crate::pages::personal::{self, PersonalPage};
use crate::pages::session::Visitor;
use crate::pages::state::PageState;
use crate::pages::{assets, markdown, text};

/// What the editor says above the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    None,
    /// The post is saved.
    Saved,
    /// Some fields are not right.
    NotValid(usize),
    /// The post was changed since the form was opened.
    Changed,
    /// The post was deleted, and is back as it was.
    Back,
    /// The post was deleted and is back; the form has text that was never stored.
    BackUnsaved,
    /// The post was deleted since the form was opened, and can be brought back.
    Deleted,
    /// The post was deleted since the form was opened, for good.
    Gone,
    /// The session has ended.
    SignedOut {
        /// Where to sign in.
        sign_in: String,
    },
    /// The form is of another session.
    OtherSession,
    /// Something else kept the text from being saved.
    Failed(String),
}

/// What the editor shows.
pub struct Editor {
    /// The text in the form.
    pub draft: Draft,
    /// What is wrong with it.
    pub mistakes: Mistakes,
    /// The post that is edited; `None` for a new one.
    pub post: Option<EditedPost>,
    /// See [`Notice`].
    pub notice: Notice,
    /// Whether the text is shown as its readers would see it, too.
    pub has_preview: bool,
    /// Posts that were deleted and can be brought back.
    pub deleted: Vec<DeletedPost>,
    /// What the store has instead of the text in the form, and when that was written.
    pub stored: Option<Stored>,
}

/// The post that is edited.
pub struct EditedPost {
    pub id: PostId,
    /// Its name in addresses, as the store has it.
    pub slug: String,
    /// The content's number that the form's text is to follow; see [`crate::model::Post::revision`].
    pub revision: Revision,
}

/// What was stored while the form was open.
pub struct Stored {
    pub draft: Draft,
    pub changed: String,
    /// Its fields but the text that differ from the form's, with their names there.
    pub differences: Vec<(&'static str, String)>,
    /// Where its text differs from the form's.
    pub line_diff: Vec<DiffLine>,
}

impl Editor {
    /// An editor with a text.
    pub fn new(draft: Draft, post: Option<EditedPost>) -> Editor {
        Editor {
            draft,
            mistakes: Mistakes::default(),
            post,
            notice: Notice::None,
            has_preview: false,
            deleted: Vec::new(),
            stored: None,
        }
    }

    /// The same with something to say.
    pub fn with(self, notice: Notice) -> Editor {
        Editor { notice, ..self }
    }
}

impl From<&Post> for EditedPost {
    fn from(post: &Post) -> EditedPost {
        EditedPost {
            id: post.id,
            slug: post.content.slug.clone(),
            revision: post.revision,
        }
    }
}

#[derive(Template)]
#[template(path = "editor.html", config = "src/pages/askama.toml")]
struct EditorPage<'a> {
    layout: Layout,
    script: String,
    editor: &'a Editor,
    /// Where the form goes.
    action: String,
    form_token: &'a str,
    max_form: u64,
    language: &'static str,
    zone: &'a str,
    /// The edited post's address.
    address: Option<String>,
    /// The text as its readers would see it.
    preview: Option<String>,
}

/// Shows the editor. `form_token` is what its form carries.
pub fn write(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    visitor: &Visitor,
    form_token: &str,
    (status, editor): (u16, &Editor),
) -> Result<(), Problem> {
    let draft = &editor.draft;
    let post = editor.post.as_ref();
    let page = EditorPage {
        layout: personal::layout(exchange, visitor),
        script: assets::editor_script(),
        editor,
        action: post.map_or_else(|| "/write".to_owned(), |post| format!("/write/{}", post.id)),
        form_token,
        max_form: pages.settings.max_form,
        language: text::language(&format!("{} {}", draft.title, draft.body)),
        zone: pages.settings.zone.iana_name().unwrap_or("UTC"),
        address: post.map(|post| format!("/posts/{}", text::encode(&post.slug))),
        preview: editor
            .has_preview
            .then(|| markdown::render(&draft.body, draft.title.trim())),
    };
    let html = page.render().map_err(|_| Problem::internal())?;
    let page = PersonalPage {
        status,
        visitor,
        has_images: true,
        html: &html,
    };
    personal::write(pages, exchange, &page);
    Ok(())
}
