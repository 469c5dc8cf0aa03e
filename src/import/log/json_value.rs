//! The values of a JSON line that may be of several types.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::time::{clf_time, epoch_time, iso_time};

/// A text or a number; anything else is nothing. Of a list, its first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    #[default]
    None,
    Text(Cow<'a, str>),
    Number(f64),
}

impl<'a> Scalar<'a> {
    /// The text, if it is one and not empty.
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A number of digits only, or a number without a fraction.
    pub(super) fn whole_number(&self) -> Option<u64> {
        match self {
            Scalar::Number(number) if number.fract() == 0.0 && *number >= 0.0 => {
                Some(*number as u64)
            }
            Scalar::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A time in any form that servers write, in UTC milliseconds.
    pub(super) fn time(&self) -> Option<i64> {
        match self {
            Scalar::None => None,
            Scalar::Number(number) => epoch_time(*number),
            Scalar::Text(text) => clf_time(text.as_bytes())
                .or_else(|| iso_time(text))
                .or_else(|| epoch_time(text.parse().ok()?)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::None)
    }
}

/// `request`: nginx's request line, or Caddy's object.
#[derive(Debug, Default)]
pub(super) enum Request<'a> {
    #[default]
    None,
    Line(Cow<'a, str>),
    Object(Box<RequestObject<'a>>),
}

/// What Caddy says of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestObject<'a> {
    #[serde(borrow)]
    pub(super) client_ip: Scalar<'a>,
    pub(super) remote_ip: Scalar<'a>,
    /// With its port; of versions before 2.5.
    pub(super) remote_addr: Scalar<'a>,
    pub(super) method: Scalar<'a>,
    pub(super) uri: Scalar<'a>,
    pub(super) headers: Headers<'a>,
}

/// The request's header fields, each a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Headers<'a> {
    #[serde(borrow, rename = "User-Agent")]
    pub(super) agent: Scalar<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Request<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RequestVisitor)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = Request<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request line or an object")
    }

    fn visit_borrowed_str<E: Error>(self, line: &'de str) -> Result<Self::Value, E> {
        Ok(Request::Line(Cow::Borrowed(line)))
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Self::Value, E> {
        Ok(Request::Line(Cow::Owned(line.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Request::None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let object = RequestObject::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Request::Object(Box::new(object)))
    }
}
