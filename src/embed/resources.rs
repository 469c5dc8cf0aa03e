//! What is embedded as it is: the script and the pixel.

/// The script for pages served elsewhere. Below 3.5 KB, so that it fits in the first packets of a connection.
pub(crate) const SNIPPET: &str = include_str!("viewtally.js");

/// The script for pages made for busuanzi.
pub(crate) const BUSUANZI: &str = include_str!("busuanzi.js");

/// The script for pages made for vercount.
pub(crate) const VERCOUNT: &str = include_str!("vercount.js");

/// A transparent GIF of one pixel (GIF89a): header, two colours, transparency, one image of one clear pixel, end.
pub(crate) const PIXEL: [u8; 43] = *b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\
    \x21\xf9\x04\x01\x00\x00\x00\x00\
    \x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
