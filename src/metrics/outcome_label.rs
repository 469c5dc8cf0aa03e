//! What became of an event, as a label.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OutcomeLabel {
    outcome: OutcomeName,
}

impl OutcomeLabel {
    pub(super) fn new(outcome: &'static str) -> OutcomeLabel {
        OutcomeLabel {
            outcome: OutcomeName(outcome),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct OutcomeName(&'static str);

impl EncodeLabelValue for OutcomeName {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> std::fmt::Result {
        self.0.encode(encoder)
    }
}
