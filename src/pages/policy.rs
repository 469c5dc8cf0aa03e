//! Header fields of pages: what a browser may do with them.

use crate::http::Response;

/// Of a page of ours: everything from here, nothing inline, in no frame (CSP level 3).
macro_rules! policy {
    ($images:literal) => {
        concat!(
            "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src ",
            $images,
            "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
            "Referrer-Policy: strict-origin-when-cross-origin\r\n",
            "Vary: Accept\r\n",
        )
    };
}

/// For pages of numbers.
const OWN: &str = policy!("'self'");

/// For pages with text of authors, who may show images from elsewhere: this server keeps none.
const WITH_IMAGES: &str = policy!("'self' https: data:");

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// Adds the header fields of a page that holds nothing of authors but text.
pub fn write(response: &mut Response) {
    response.lines(OWN);
}

/// Adds those of a page with an author's Markdown.
pub fn write_with_images(response: &mut Response) {
    response.lines(WITH_IMAGES);
}
