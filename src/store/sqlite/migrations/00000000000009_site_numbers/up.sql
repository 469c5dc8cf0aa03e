-- The numbers of the whole site: `views` and `viewers`, the sums of counts; and by reason the sum of ledger, entries that
-- belong to no post included. Whatever changes those changes these in the same transaction, so that a read sums up nothing.
CREATE TABLE site_numbers (
    name   TEXT   PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL
) WITHOUT ROWID;

-- In two halves: a sum beyond 64 bits makes SUM fail, and is the largest number instead.
INSERT INTO site_numbers (name, number)
SELECT name, CAST(MAX(MIN(high * 4294967296 + low, 9223372036854775807), -9223372036854775807) AS BIGINT) FROM (
    SELECT 'views' AS name, SUM(views / 4294967296) AS high, SUM(views % 4294967296) AS low FROM counts
    UNION ALL
    SELECT 'viewers', SUM(viewers / 4294967296), SUM(viewers % 4294967296) FROM counts
    UNION ALL
    SELECT reason, SUM(count / 4294967296), SUM(count % 4294967296) FROM ledger
    WHERE reason IN ('duplicate', 'bot', 'prefetch', 'excluded', 'dropped') GROUP BY reason
) WHERE high IS NOT NULL;
