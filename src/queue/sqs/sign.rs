//! Signature Version 4 of Amazon's services.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request, as far as it is signed.
pub(super) struct ToSign<'a> {
    pub method: &'a str,
    /// As it is sent: encoded.
    pub path: &'a str,
    /// As it is sent, and sorted.
    pub query: &'a str,
    /// Those that are signed, among them `host` and `x-amz-date`; names in small letters, sorted.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

/// What a signature is good for.
pub(super) struct Scope<'a> {
    pub region: &'a str,
    pub service: &'a str,
    /// `YYYYMMDDTHHMMSSZ`, as in `x-amz-date`.
    pub at: &'a str,
}

/// The value of `Authorization` for a request.
pub(super) fn sign(
    request: &ToSign<'_>,
    scope: &Scope<'_>,
    access_key: &str,
    secret: &str,
) -> String {
    let day = scope.at.split('T').next().unwrap_or_default();
    let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, request.query);
    for (name, value) in request.headers {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        canonical.extend([name, ":", &words.join(" "), "\n"]);
    }
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    canonical.extend(["\n", &names, "\n", &hex(&Sha256::digest(request.body))]);

    let place = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{}\n{place}\n{digest}", scope.at);
    let mut key = mac(format!("AWS4{secret}").as_bytes(), day);
    for part in [scope.region, scope.service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &text));
    format!(
        "{ALGORITHM} Credential={access_key}/{place}, SignedHeaders={names}, Signature={signature}"
    )
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Amazon's own examples: its test suite for this version, and the one in IAM's guide.
#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "20150830T123600Z";
    const HOST: (&str, &str) = ("host", "example.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", AT);

    fn signature(service: &str, request: &ToSign<'_>) -> String {
        let scope = Scope {
            region: "us-east-1",
            service,
            at: AT,
        };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let value = sign(request, &scope, "AKIDEXAMPLE", secret);
        let begins = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, SignedHeaders="
        );
        assert!(value.starts_with(&begins), "{value}");
        let (_, signature) = value.rsplit_once("Signature=").expect("a signature");
        signature.to_owned()
    }

    fn of_suite(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let request = ToSign {
            method,
            path,
            query,
            headers,
            body: body.as_bytes(),
        };
        signature("service", &request)
    }

    #[test]
    fn requests_of_the_test_suite_are_signed_as_there() {
        assert_eq!(
            of_suite("GET", "/", "", &[HOST, DATE], ""),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            "get-vanilla"
        );
        assert_eq!(
            of_suite("GET", "/", "Param1=value1&Param2=value2", &[HOST, DATE], ""),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            "get-vanilla-query-order-key-case"
        );
        assert_eq!(
            of_suite("POST", "/", "", &[HOST, DATE], ""),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            "post-vanilla"
        );
        let headers = [HOST, ("my-header1", "value1"), DATE];
        assert_eq!(
            of_suite("POST", "/", "", &headers, ""),
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            "post-header-key-sort"
        );
        let form = "application/x-www-form-urlencoded";
        assert_eq!(
            of_suite(
                "POST",
                "/",
                "",
                &[("content-type", form), HOST, DATE],
                "Param1=value1"
            ),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            "post-x-www-form-urlencoded"
        );
    }

    #[test]
    fn the_request_of_the_guide_is_signed_as_there() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let request = ToSign {
            method: "GET",
            path: "/",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: &[("content-type", form), ("host", "iam.amazonaws.com"), DATE],
            body: b"",
        };
        assert_eq!(
            signature("iam", &request),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn spaces_in_headers_are_signed_as_one() {
        let of = |value| of_suite("GET", "/", "", &[HOST, ("my-header1", value), DATE], "");
        assert_eq!(of("  a   b "), of("a b"));
        assert_ne!(of("ab"), of("a b"));
    }
}
