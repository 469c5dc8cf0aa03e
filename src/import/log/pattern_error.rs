//! Why a path pattern cannot be used.

use thiserror::Error;

/// Why a path pattern cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("a path pattern begins with '/', such as /blog/{{slug}}")]
    NoSlash,
    /// It has no placeholder for the post, or more than one.
    #[error("a path pattern holds {{slug}} or {{*slug}} once, such as /blog/{{slug}}")]
    NotOneSlug,
    /// Braces around something else, or without an end.
    #[error(
        "a path pattern holds no braces but {{slug}}, {{*slug}}, {{year}}, {{month}}, {{day}}, {{_}} and {{*_}}"
    )]
    Placeholder,
    /// `{*slug}` or `{*_}` beside other text, or both.
    #[error(
        "{{*slug}} and {{*_}} stand between slashes, one of them once, such as /{{*_}}/{{slug}}"
    )]
    NotOneOpen,
    /// A placeholder where the end of the name before it is not known.
    #[error(
        "only text may stand between {{slug}} or {{_}} and the next '/', such as /{{slug}}.html"
    )]
    AfterName,
}
