-- Of the last transactions that writes.alone counts, the post that each changed: others keep what they have of the rest in
-- memory. NULL where it may be any. A number without a row was counted by an earlier version, which adds none.
CREATE TABLE edits (
    number BIGINT PRIMARY KEY,
    post   BIGINT
);
