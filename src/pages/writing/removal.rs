//! Taking hours out of a post's views, and putting them back: what the forms of its page of numbers do.

use askama::Template;
use jiff::tz::TimeZone;

use super::form::{Form, see_other};
use crate::clock;
use crate::endpoint::lookup::stored_numbers;
use crate::endpoint::{Exchange, errors};
use crate::http::Problem;
use crate::model::{PostId, PostRef};
use crate::pages::layout::Layout;
use crate::pages::numbers::{Removal, RemovalForm, range};
use crate::pages::personal::{self, PersonalPage};
use crate::pages::session::{Session, Visitor, session};
use crate::pages::state::PageState;
use crate::pages::text;
use crate::store::StoreError;

#[derive(Template)]
#[template(path = "removal.html", config = "src/pages/askama.toml")]
struct RemovalPage<'a> {
    layout: Layout,
    slug: &'a str,
    removal: RemovalForm,
    notice: Option<Notice>,
    preview: Option<Preview>,
}

/// What is said above the form.
enum Notice {
    /// The session has ended.
    SignedOut {
        /// Where to sign in.
        sign_in: String,
    },
    /// The form is of another session.
    OtherSession,
    /// The hours hold other views than were shown.
    Changed,
    /// Something else kept the hours in.
    Failed(String),
}

/// What taking out would do.
struct Preview {
    hours: String,
    is_rounded: bool,
    /// 0: there is nothing to take out.
    taken: i64,
    taken_text: String,
    left: String,
    /// What was shown: the hours and their views.
    seen: String,
}

/// A form that was sent, of a post that is there.
struct Sent<'a> {
    pages: &'a PageState,
    visitor: Visitor,
    post: PostRef,
    views: i64,
    zone: TimeZone,
    form: RemovalForm,
}

/// Does what a form asks for.
pub fn post(pages: &PageState, exchange: &mut Exchange<'_>, name: &str) -> Result<(), Problem> {
    let fields = Form::parse(exchange.request.body);
    let session = session(pages, exchange.state, exchange.request)
        .ok_or_else(|| errors::unauthorized("sign in to correct numbers"))?;
    let refusal = refusal(pages, exchange, &session, &fields);
    if refusal.is_some() && fields.get("action") == "take-back" {
        return Err(errors::unauthorized(
            "your time signed in has ended, or you have signed in anew since this page was opened; go back and open it again",
        ));
    }
    let sent = Sent::new(pages, exchange, &session, (name, &fields))?;
    if let Some((status, notice)) = refusal {
        return sent.show(exchange, status, Some(notice), None);
    }
    match fields.get("action") {
        "take-back" => sent.take_back(exchange, &fields),
        action => {
            let removal = match sent.form.read(&sent.zone) {
                Ok(removal) => removal,
                Err(mistakes) => {
                    let mut sent = sent;
                    sent.form.mistakes = mistakes;
                    return sent.show(exchange, 422, None, None);
                }
            };
            let preview = sent.preview(exchange, &removal)?;
            let (views, taken) = (sent.views, preview.taken);
            match action {
                _ if taken > views => {
                    sent.show_failure(exchange, StoreError::BelowZero { views, taken })
                }
                "take-out" if preview.seen != fields.get("seen") => {
                    sent.show(exchange, 409, Some(Notice::Changed), Some(preview))
                }
                "take-out" => sent.take_out(exchange, &removal),
                _ => sent.show(exchange, 200, None, Some(preview)),
            }
        }
    }
}

/// Why nothing is done for this session and this form: the status, and what is told.
fn refusal(
    pages: &PageState,
    exchange: &Exchange<'_>,
    session: &Session,
    fields: &Form<'_>,
) -> Option<(u16, Notice)> {
    if let Visitor::SignedOut { sign_in } = Visitor::of(pages, exchange) {
        return Some((401, Notice::SignedOut { sign_in }));
    }
    let is_own = pages
        .sessions
        .is_form_token(session, fields.get("form_token"));
    (!is_own).then_some((403, Notice::OtherSession))
}

impl<'a> Sent<'a> {
    fn new(
        pages: &'a PageState,
        exchange: &Exchange<'_>,
        session: &Session,
        (name, fields): (&str, &Form<'_>),
    ) -> Result<Sent<'a>, Problem> {
        let (post, stats) = stored_numbers(exchange, name)?;
        let named = TimeZone::get(fields.get("tz")).ok();
        let zone_in_address = match named {
            Some(_) => fields.get("tz"),
            None => "",
        };
        let zone = named.unwrap_or_else(|| pages.settings.zone.clone());
        let token = pages.sessions.form_token(session);
        let form = RemovalForm {
            from: fields.get("from").to_owned(),
            to: fields.get("to").to_owned(),
            reason: fields.get("reason").to_owned(),
            ..RemovalForm::new(&post.slug, &token, zone_in_address, &zone)
        };
        Ok(Sent {
            pages,
            visitor: Visitor::of(pages, exchange),
            post,
            views: stats.views,
            zone,
            form,
        })
    }

    fn preview(&self, exchange: &Exchange<'_>, removal: &Removal) -> Result<Preview, Problem> {
        let store = exchange.state.store.store();
        let taken = store.views_between(self.post.id, removal.hours.times())?;
        let (from, to) = (removal.hours.from(), removal.hours.to());
        Ok(Preview {
            hours: range(removal.hours, &self.zone),
            is_rounded: removal.is_rounded,
            taken,
            taken_text: text::views(taken),
            left: text::views(self.views.saturating_sub(taken)),
            seen: format!("{from} {to} {taken}"),
        })
    }

    fn take_out(&self, exchange: &mut Exchange<'_>, removal: &Removal) -> Result<(), Problem> {
        let store = exchange.state.store.store();
        let reason = &removal.reason;
        match store.take_out(self.post.id, removal.hours, reason, clock::now()) {
            Ok(_) => self.go_on(exchange, self.post.id, "taken-out"),
            Err(StoreError::NoSuchPost) => return Err(errors::no_such_post()),
            Err(error) => return self.show_failure(exchange, error),
        }
        Ok(())
    }

    fn show_failure(&self, exchange: &mut Exchange<'_>, error: StoreError) -> Result<(), Problem> {
        let problem = Problem::from(error);
        let notice = Notice::Failed(problem.detail().to_owned());
        self.show(exchange, problem.status(), Some(notice), None)
    }

    fn take_back(&self, exchange: &mut Exchange<'_>, fields: &Form<'_>) -> Result<(), Problem> {
        let id = fields.get("correction").parse();
        let id = id.map_err(|_| errors::no_such_correction())?;
        let store = exchange.state.store.store();
        store
            .take_back(self.post.id, id, clock::now())?
            .ok_or_else(errors::no_such_correction)?;
        self.go_on(exchange, self.post.id, "put-back");
        Ok(())
    }

    /// Goes on with the list of corrections.
    fn go_on(&self, exchange: &mut Exchange<'_>, post: PostId, done: &str) {
        exchange.state.store.invalidate(post);
        let zone = match self.form.zone_in_address.as_str() {
            "" => String::new(),
            zone => format!("tz={}&", text::encode(zone)),
        };
        let path = format!("{}?{zone}done={done}#page-corrections", self.form.action);
        see_other(exchange, &path);
    }

    fn show(
        &self,
        exchange: &mut Exchange<'_>,
        status: u16,
        notice: Option<Notice>,
        preview: Option<Preview>,
    ) -> Result<(), Problem> {
        let page = RemovalPage {
            layout: personal::layout(exchange, &self.visitor),
            slug: &self.post.slug,
            removal: self.form.clone(),
            notice,
            preview,
        };
        let html = page.render().map_err(|_| Problem::internal())?;
        let page = PersonalPage {
            status,
            visitor: &self.visitor,
            has_images: false,
            html: &html,
        };
        personal::write(self.pages, exchange, &page);
        Ok(())
    }
}
