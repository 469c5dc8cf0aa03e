//! Why SQS did not do what it was asked, and what an operator can do about it.

use serde::Deserialize;

use crate::queue::error::QueueError;

/// The longest text of an answer that is no error of SQS', as it is told.
const MAX_TEXT: usize = 200;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// There was no answer.
    #[error("cannot reach {host}: {why}")]
    Connection { host: String, why: String },
    /// The answer is that it was not done.
    #[error("SQS answers {code} to {action}: {message}{}", advice(.code))]
    Refused {
        action: &'static str,
        code: String,
        message: String,
    },
    /// The answer is not what was asked for, or nobody could be asked.
    #[error("{0}")]
    Other(String),
}

/// An error as the protocol has it.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "__type", default)]
    kind: String,
    message: Option<String>,
    /// By the name of other protocols, which some answer with as well.
    #[serde(rename = "Message")]
    other_message: Option<String>,
}

/// What to try.
fn advice(code: &str) -> &'static str {
    match code {
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            "; create it, or see whether region and account are right"
        }
        "AccessDenied" | "AccessDeniedException" => {
            "; allow sqs:SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility, GetQueueUrl and \
             GetQueueAttributes"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            "; see which access key is used, and whether it is active"
        }
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => {
            "; see whether the secret key is right, and this machine's clock"
        }
        "OverLimit" => "; too many messages are received and not applied",
        _ if is_throttling(code) => "; it asks for fewer calls: what waits is sent later",
        _ => "",
    }
}

fn is_throttling(code: &str) -> bool {
    let codes = [
        "RequestThrottled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ];
    codes.contains(&code) || code == "KmsThrottled"
}

impl Failure {
    /// What SQS said, if it said that it did not do it.
    pub(super) fn of_answer(action: &'static str, status: u16, body: &[u8]) -> Failure {
        let error: Option<ErrorBody> = serde_json::from_slice(body).ok();
        let (code, message) = match error {
            Some(error) if !error.kind.is_empty() => {
                let code = error.kind.rsplit('#').next().unwrap_or_default();
                let message = error.message.or(error.other_message);
                (code.to_owned(), message.unwrap_or_default())
            }
            _ => {
                let text = String::from_utf8_lossy(body);
                (
                    format!("HTTP {status}"),
                    text.chars().take(MAX_TEXT).collect(),
                )
            }
        };
        Failure::Refused {
            action,
            code,
            message,
        }
    }

    /// The name of SQS' error.
    pub(super) fn code(&self) -> &str {
        match self {
            Failure::Refused { code, .. } => code,
            _ => "",
        }
    }

    /// Whether who asks has to be told anew.
    pub(super) fn is_of_credentials(&self) -> bool {
        matches!(
            self.code(),
            "ExpiredToken"
                | "ExpiredTokenException"
                | "InvalidClientTokenId"
                | "UnrecognizedClientException"
        )
    }
}

impl From<Failure> for QueueError {
    fn from(failure: Failure) -> QueueError {
        QueueError(failure.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_with_what_to_try() {
        let body =
            br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No such queue."}"#;
        let failure = Failure::of_answer("SendMessageBatch", 400, body);
        assert_eq!(failure.code(), "QueueDoesNotExist");
        let text = failure.to_string();
        assert!(
            text.contains("No such queue") && text.contains("create it"),
            "{text}"
        );
        let body = br#"{"__type":"ExpiredTokenException","Message":"old","message":"old"}"#;
        assert!(Failure::of_answer("GetQueueUrl", 403, body).is_of_credentials());
    }

    #[test]
    fn an_answer_of_somebody_else_is_told_in_short() {
        let page = "<html>".repeat(1000);
        let text = Failure::of_answer("GetQueueUrl", 502, page.as_bytes()).to_string();
        assert!(text.contains("HTTP 502") && text.len() < 300, "{text}");
    }
}
