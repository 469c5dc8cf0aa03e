//! `kafka://HOST:PORT[,HOST:PORT…]/TOPIC[?property=value…]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::property;

/// The longest name that Kafka gives a topic.
const LONGEST_TOPIC: usize = 249;

/// The servers to begin with, the topic, and properties of the client library.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaLocation {
    /// As the library takes them: `host:port,host:port`.
    pub servers: String,
    /// The topic.
    pub topic: String,
    /// What the address asks for beyond that.
    pub properties: BTreeMap<String, String>,
}

impl KafkaLocation {
    /// What the store knows it by.
    pub fn name(&self) -> String {
        format!("kafka/{}", self.topic)
    }
}

impl FromStr for KafkaLocation {
    type Err = String;

    // No error repeats a value: it may be a password.
    fn from_str(text: &str) -> Result<KafkaLocation, String> {
        let rest = text
            .strip_prefix("kafka://")
            .ok_or("the address of a topic begins with kafka://")?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (servers, topic) = path.split_once('/').unwrap_or((path, ""));
        check_servers(servers)?;
        check_topic(topic)?;
        Ok(KafkaLocation {
            servers: servers.to_owned(),
            topic: topic.to_owned(),
            properties: parse_properties(query)?,
        })
    }
}

fn check_servers(servers: &str) -> Result<(), String> {
    if servers.contains('@') {
        return Err(
            "an address of Kafka has no user before @; try ?sasl.username=NAME&sasl.password=PASSWORD"
                .to_owned(),
        );
    }
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_server = |server: &str| match server.rsplit_once(':') {
        Some((host, port)) => !host.is_empty() && is_port(port),
        None => false,
    };
    match servers.split(',').find(|server| !is_server(server)) {
        None => Ok(()),
        Some(server) => Err(format!(
            "{server:?} is no HOST:PORT of a Kafka broker; try kafka://localhost:9092/views"
        )),
    }
}

fn check_topic(topic: &str) -> Result<(), String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if topic.is_empty() {
        Err("the address names no topic; try kafka://localhost:9092/views".to_owned())
    } else if topic.len() > LONGEST_TOPIC
        || !topic.bytes().all(is_allowed)
        || topic == "."
        || topic == ".."
    {
        Err(format!(
            "{topic:?} is no name of a topic, which has up to {LONGEST_TOPIC} letters, digits, dots, _ and -"
        ))
    } else {
        Ok(())
    }
}

fn parse_properties(query: &str) -> Result<BTreeMap<String, String>, String> {
    let mut parsed = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            "after ? come properties of librdkafka as NAME=VALUE, joined by &; a value's own & is %26"
                .to_owned()
        })?;
        // `+` is no blank here, as it may be in a password.
        let decode = |text| {
            percent_decode_str(text).decode_utf8().map_err(|_| {
                "a property in the address is not UTF-8 behind its % escapes".to_owned()
            })
        };
        let (key, value) = (decode(key)?.into_owned(), decode(value)?.into_owned());
        property::check(&key, &value)?;
        if parsed.contains_key(&key) {
            return Err(format!("the address gives the property {key} twice"));
        }
        parsed.insert(key, value);
    }
    Ok(parsed)
}

/// Without secrets.
impl fmt::Display for KafkaLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kafka://{}/{}", self.servers, self.topic)?;
        for (number, (key, value)) in self.properties.iter().enumerate() {
            let before = if number == 0 { '?' } else { '&' };
            let value = if property::is_secret(key) {
                "***"
            } else {
                value
            };
            write!(f, "{before}{key}={value}")?;
        }
        Ok(())
    }
}

/// Without secrets, too.
impl fmt::Debug for KafkaLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<KafkaLocation, String> {
        text.parse()
    }

    #[test]
    fn an_address_has_servers_a_topic_and_properties() {
        let one =
            parse("kafka://a:9092,[::1]:9093/views.v1_x-2?sasl.username=me&sasl.password=a%26b+c")
                .expect("an address");
        assert_eq!(one.servers, "a:9092,[::1]:9093");
        assert_eq!(one.topic, "views.v1_x-2");
        assert_eq!(one.properties["sasl.password"], "a&b+c");
        assert_eq!(one.name(), "kafka/views.v1_x-2");
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = "kafka://a:1/t?sasl.password=hidden&ssl.key.password=hidden&ssl.key.pem=hidden&sasl.username=me";
        let one = parse(text).expect("an address");
        for shown in [one.to_string(), format!("{one:?}")] {
            assert!(!shown.contains("hidden"), "{shown}");
            assert!(shown.contains("sasl.password=***"), "{shown}");
            assert!(shown.contains("sasl.username=me"), "{shown}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, told) in [
            ("kafka://", "HOST:PORT"),
            ("kafka://a/t", "HOST:PORT"),
            ("kafka://a:0/t", "HOST:PORT"),
            ("kafka://a:99999/t", "HOST:PORT"),
            ("kafka://a:1,/t", "HOST:PORT"),
            ("kafka://a:1", "no topic"),
            ("kafka://a:1/", "no topic"),
            ("kafka://a:1/a/b", "a/b"),
            ("kafka://a:1/..", "no name of a topic"),
            ("kafka://me:pass@a:1/t", "sasl.username"),
            ("kafka://a:1/t?x", "NAME=VALUE"),
            ("kafka://a:1/t?client.id=%ff", "UTF-8"),
            ("kafka://a:1/t?client.id=a&client.id=b", "twice"),
            (
                "kafka://a:1/t?no.such.thing=1",
                "No such configuration property",
            ),
            ("kafka://a:1/t?security.protocol=x", "Invalid value"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
            assert!(!error.contains("pass@"), "{error}");
        }
        let long = format!("kafka://a:1/{}", "t".repeat(LONGEST_TOPIC + 1));
        assert!(parse(&long).is_err());
    }
}
