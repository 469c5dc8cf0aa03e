//! The style sheet, the scripts and the icon, each under a name that changes with its content, so that browsers keep it
//! for a year.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use crate::endpoint::{Exchange, errors};
use crate::http::Problem;

struct Asset {
    name: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(
        stem: &str,
        extension: &str,
        content_type: &'static str,
        content: &'static str,
    ) -> Asset {
        let hash = foldhash::quality::FixedState::default().hash_one(content);
        Asset {
            name: format!("{stem}-{hash:016x}.{extension}"),
            content_type,
            content,
        }
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/style.css");
    Asset::new("style", "css", "text/css; charset=utf-8", content)
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/numbers.js");
    Asset::new("numbers", "js", "text/javascript; charset=utf-8", content)
});

static EDITOR_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/editor.js");
    Asset::new("editor", "js", "text/javascript; charset=utf-8", content)
});

static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/icon.svg");
    Asset::new("icon", "svg", "image/svg+xml", content)
});

/// The path of the style sheet.
pub fn style() -> String {
    format!("/assets/{}", STYLE.name)
}

/// The path of the script of pages with numbers.
pub fn script() -> String {
    format!("/assets/{}", SCRIPT.name)
}

/// The path of the script of the editor.
pub fn editor_script() -> String {
    format!("/assets/{}", EDITOR_SCRIPT.name)
}

/// The path of the icon.
pub fn icon() -> String {
    format!("/assets/{}", ICON.name)
}

/// Serves a file by its name.
pub fn get(exchange: &mut Exchange<'_>, name: &str) -> Result<(), Problem> {
    let all = [&*STYLE, &*SCRIPT, &*EDITOR_SCRIPT, &*ICON];
    let asset = all.into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(errors::no_such_path)?;
    exchange.response.start(200);
    exchange
        .response
        .lines("Cache-Control: public, max-age=31536000, immutable\r\n");
    exchange.response.text(asset.content_type, asset.content);
    Ok(())
}
