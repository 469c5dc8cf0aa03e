//! What a person sees of a page and does to it: its size and colours, keys, pictures, what it loads and what it is kept
//! from.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::browser::{Browser, Tab};

/// A screen, and the colours its owner likes.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

pub const DESK: Screen = Screen {
    width: 1200,
    height: 900,
    dark: false,
};

pub const NIGHT: Screen = Screen { dark: true, ..DESK };

pub const PHONE: Screen = Screen {
    width: 390,
    height: 844,
    dark: false,
};

/// The narrowest screen that must do (WCAG 2.2, success criterion 1.4.10).
pub const NARROW: Screen = Screen {
    width: 320,
    height: 640,
    dark: false,
};

/// Collects what a page's policy forbids, from the page's first moment.
const WATCH: &str = "window.violations = []; document.addEventListener('securitypolicyviolation', \
    event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));";

impl Browser {
    /// A tab for a screen, which watches what its pages' policy forbids.
    pub fn tab(&mut self, screen: Screen) -> Tab {
        let tab = self.open("about:blank");
        let session = self.session(&tab);
        self.call(Some(&session), "Page.enable", json!({}));
        self.before_each_page(&tab, WATCH);
        self.resize(&tab, screen);
        tab
    }

    /// Runs a script at the start of each page of a tab, before anything of the page itself.
    pub fn before_each_page(&mut self, tab: &Tab, script: &str) {
        let session = self.session(tab);
        let source = json!({"source": script});
        self.call(
            Some(&session),
            "Page.addScriptToEvaluateOnNewDocument",
            source,
        );
    }

    pub fn resize(&mut self, tab: &Tab, screen: Screen) {
        let session = self.session(tab);
        let metrics = json!({
            "width": screen.width, "height": screen.height,
            "deviceScaleFactor": 1, "mobile": screen.width < 500,
        });
        self.call(
            Some(&session),
            "Emulation.setDeviceMetricsOverride",
            metrics,
        );
        let scheme = if screen.dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call(
            Some(&session),
            "Emulation.setEmulatedMedia",
            json!({"features": features}),
        );
    }

    /// Turns scripts of pages off.
    pub fn without_scripts(&mut self, tab: &Tab) {
        let session = self.session(tab);
        let off = json!({"value": true});
        self.call(Some(&session), "Emulation.setScriptExecutionDisabled", off);
    }

    /// Shows a page and waits until it is whole.
    pub fn visit(&mut self, tab: &Tab, url: &str) {
        let session = self.session(tab);
        self.call(Some(&session), "Page.navigate", json!({"url": url}));
        self.wait_for(tab, "document.readyState", "complete");
    }

    /// Presses and releases a key, such as `Tab` or `Enter`.
    pub fn press(&mut self, tab: &Tab, key: &str) {
        let session = self.session(tab);
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            _ => 0,
        };
        let mut event =
            json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if key == "Enter" {
            event["text"] = "\r".into();
        }
        self.call(Some(&session), "Input.dispatchKeyEvent", event.clone());
        event["type"] = "keyUp".into();
        self.call(Some(&session), "Input.dispatchKeyEvent", event);
    }

    /// Types text where the cursor is.
    pub fn type_text(&mut self, tab: &Tab, text: &str) {
        let session = self.session(tab);
        self.call(Some(&session), "Input.insertText", json!({"text": text}));
    }

    /// Puts a text into a field, as if it were typed.
    pub fn fill(&mut self, tab: &Tab, field: &str, text: &str) {
        let script = format!(
            "(() => {{ const field = document.querySelector({field:?}); field.focus(); field.select(); \
             return document.activeElement === field; }})()"
        );
        assert_eq!(self.evaluate(tab, &script), true, "there is no {field}");
        self.type_text(tab, text);
    }

    /// Presses a button that sends a form, and waits until the answer is whole.
    pub fn submit(&mut self, tab: &Tab, button: &str) {
        let script = format!(
            "(() => {{ window.leaving = true; document.querySelector({button:?}).click(); return true; }})()"
        );
        assert_eq!(self.evaluate(tab, &script), true, "there is no {button}");
        self.wait_for(
            tab,
            "window.leaving === undefined && document.readyState",
            "complete",
        );
    }

    /// What the page has loaded, itself left out.
    pub fn loaded(&mut self, tab: &Tab) -> Vec<String> {
        let script = "performance.getEntriesByType('resource').map(entry => entry.name)";
        strings(&self.evaluate(tab, script))
    }

    /// What the page's policy has forbidden so far.
    pub fn violations(&mut self, tab: &Tab) -> Vec<String> {
        strings(&self.evaluate(tab, "window.violations"))
    }

    /// Whether the page is wider than its screen.
    pub fn scrolls_sideways(&mut self, tab: &Tab) -> bool {
        let script = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        self.evaluate(tab, script) == true
    }

    /// Writes a picture of the page below `target/screenshots`, whole where it is not too long.
    pub fn picture(&mut self, tab: &Tab, name: &str) -> PathBuf {
        self.picture_of(
            tab,
            name,
            "Math.min(document.documentElement.scrollHeight, 2600)",
        )
    }

    /// Writes a picture of what is seen without scrolling.
    pub fn first_screen(&mut self, tab: &Tab, name: &str) -> PathBuf {
        self.picture_of(tab, name, "innerHeight")
    }

    fn picture_of(&mut self, tab: &Tab, name: &str, height: &str) -> PathBuf {
        let session = self.session(tab);
        let height = self.evaluate(tab, height);
        let width = self.evaluate(tab, "innerWidth");
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let answer = self.call(Some(&session), "Page.captureScreenshot", parameters);
        let data = answer["data"].as_str().expect("a picture");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, STANDARD.decode(data).expect("base64")).expect("a file");
        file
    }
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().cloned().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
