//! A post as it stands in the editor's form: text that need not be a post yet.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::form::Form;
use crate::endpoint::post_fields::{self, MAX_TAGS, TagList};
use crate::model::{PostContent, TimestampMs, slug};

/// The texts of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// See [`PostContent::title`].
    pub title: String,
    /// Empty: made from the title, or as it was.
    pub slug: String,
    /// See [`PostContent::summary`].
    pub summary: String,
    /// With commas between them.
    pub tags: String,
    /// To the minute, as `datetime-local` has it. Empty: now, or as it was.
    pub published_at: String,
    /// See [`PostContent::body`].
    pub body: String,
}

/// What is wrong with a draft, each with its field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes {
    pub title: Option<String>,
    pub slug: Option<String>,
    pub tags: Option<String>,
    pub published_at: Option<String>,
}

impl Draft {
    /// What the form holds that was sent.
    pub fn of_form(form: &Form<'_>) -> Draft {
        Draft {
            title: form.get("title").to_owned(),
            slug: form.get("slug").to_owned(),
            summary: form.lines("summary"),
            tags: form.get("tags").to_owned(),
            published_at: form.get("published_at").to_owned(),
            body: form.lines("body"),
        }
    }

    /// What the form shows of a post, at times of a zone.
    pub fn of_post(content: &PostContent, zone: &TimeZone) -> Draft {
        Draft {
            title: content.title.clone(),
            slug: content.slug.clone(),
            summary: content.summary.clone(),
            tags: content.tags.join(", "),
            published_at: minute(content.published_at, zone),
            body: content.body.clone(),
        }
    }

    /// The fields but the text that another draft has otherwise, by their names in the form.
    pub fn differences(&self, other: &Draft) -> Vec<(&'static str, String)> {
        let fields = [
            ("Title", &self.title, &other.title),
            ("Summary", &self.summary, &other.summary),
            ("Tags", &self.tags, &other.tags),
            ("Address", &self.slug, &other.slug),
            ("Published", &self.published_at, &other.published_at),
        ];
        let differ = fields.into_iter().filter(|(_, own, other)| own != other);
        differ.map(|(name, own, _)| (name, own.clone())).collect()
    }

    /// The post that it says. Where it shows what an `old` post has, it means just that: a form holds no tags with
    /// commas, and times to the minute only.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn content(
        &self,
        old: Option<&PostContent>,
        zone: &TimeZone,
        now: TimestampMs,
    ) -> Result<PostContent, Mistakes> {
        let mut mistakes = Mistakes::default();
        let shown = old.map(|old| (old, Draft::of_post(old, zone)));
        let title = checked(post_fields::title(&self.title), &mut mistakes.title);
        let slug = match (self.slug.trim(), old) {
            ("", Some(old)) => old.slug.clone(),
            ("", None) => slug::slugify(&title),
            (given, _) => checked(post_fields::slug(given), &mut mistakes.slug),
        };
        let tags = match &shown {
            Some((old, shown)) if shown.tags == self.tags => old.tags.clone(),
            _ => checked(self.read_tags(), &mut mistakes.tags),
        };
        let published_at = match &shown {
            Some((old, shown))
                if self.published_at.is_empty() || self.published_at == shown.published_at =>
            {
                old.published_at
            }
            None if self.published_at.is_empty() => now,
            _ => checked(self.read_time(zone), &mut mistakes.published_at),
        };
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(PostContent {
            slug,
            title,
            summary: self.summary.clone(),
            body: self.body.clone(),
            tags,
            published_at,
            updated_at: now,
        })
    }

    fn read_tags(&self) -> Result<Vec<String>, String> {
        let texts = self.tags.split(',').filter(|tag| !tag.trim().is_empty());
        let count = texts.clone().count();
        if count > MAX_TAGS {
            return Err(post_fields::too_many_tags(count));
        }
        let mut tags = TagList::default();
        for text in texts {
            tags.push(text)?;
        }
        Ok(tags.into_tags())
    }

    fn read_time(&self, zone: &TimeZone) -> Result<TimestampMs, String> {
        let time: Option<DateTime> = self.published_at.trim().parse().ok();
        time.and_then(|time| time.to_zoned(zone.clone()).ok())
            .map(|time| time.timestamp().into())
            .ok_or_else(|| "this must be a time such as 2026-01-31T12:00".to_owned())
    }
}

impl Mistakes {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let all = [&self.title, &self.slug, &self.tags, &self.published_at];
        all.into_iter().flatten().count()
    }
}

/// What a rule makes of a field, or nothing where it does not hold.
fn checked<T: Default>(result: Result<T, String>, mistake: &mut Option<String>) -> T {
    result.unwrap_or_else(|detail| {
        *mistake = Some(detail);
        T::default()
    })
}

/// A time as `datetime-local` has it (HTML standard, §2.3.5.5).
fn minute(time: TimestampMs, zone: &TimeZone) -> String {
    time.timestamp()
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seoul() -> TimeZone {
        TimeZone::get("Asia/Seoul").unwrap()
    }

    fn old() -> PostContent {
        PostContent {
            slug: "hello".to_owned(),
            title: "Hello".to_owned(),
            summary: "a\nb".to_owned(),
            body: "text\n".to_owned(),
            tags: vec!["a, b".to_owned(), "c".to_owned()],
            published_at: TimestampMs(1_772_665_234_567),
            updated_at: TimestampMs(1_772_665_234_567),
        }
    }

    #[test]
    fn a_form_sent_back_unchanged_changes_nothing_but_the_time_of_the_change() {
        let draft = Draft::of_post(&old(), &seoul());
        assert_eq!(draft.published_at, "2026-03-05T08:00");
        let content = draft
            .content(Some(&old()), &seoul(), TimestampMs(7))
            .unwrap();
        let wanted = PostContent {
            updated_at: TimestampMs(7),
            ..old()
        };
        assert_eq!(content, wanted);
    }

    #[test]
    fn what_is_left_empty_is_made_or_stays() {
        let draft = Draft {
            title: " A Title ".to_owned(),
            tags: " b , a,, b".to_owned(),
            ..Draft::default()
        };
        let new = draft.content(None, &seoul(), TimestampMs(7)).unwrap();
        assert_eq!(
            (new.slug.as_str(), new.published_at),
            ("a-title", TimestampMs(7))
        );
        assert_eq!(new.tags, ["b", "a"]);
        let kept = draft
            .content(Some(&old()), &seoul(), TimestampMs(7))
            .unwrap();
        assert_eq!(kept.slug, "hello");
        assert_eq!(kept.published_at, old().published_at);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let draft = Draft {
            title: "A".to_owned(),
            published_at: "2026-03-05T08:00".to_owned(),
            ..Draft::default()
        };
        let content = draft.content(None, &seoul(), TimestampMs(7)).unwrap();
        assert_eq!(content.published_at.to_string(), "2026-03-04T23:00:00Z");
    }

    #[test]
    fn every_mistake_is_told_at_its_field() {
        let draft = Draft {
            slug: "17".to_owned(),
            tags: "x".repeat(101),
            published_at: "yesterday".to_owned(),
            ..Draft::default()
        };
        let mistakes = draft.content(None, &seoul(), TimestampMs(7)).unwrap_err();
        assert_eq!(mistakes.count(), 4);
    }
}
