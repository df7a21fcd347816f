create schema report;

comment on schema report is 'Views for people and BI tools; the one part of the database with a stable shape';

-- Rules for all of them (tests/sql/test_reports.py):
--
-- * The first column is cloud_name, but for what belongs to the whole database. Ids of rows are not shown.
-- * No bytes, no secrets, no settings of clients: the reporting role sees every column of every view.
-- * Every column whose name does not say all has a comment. Bytes are bigint and end in "bytes", times
--   in milliseconds end in "_ms", percentages in "_percent". Days and months are those of UTC.
-- * A view calls functions of pg_catalog only: its reader would need the right to call others.
-- * A view binds to a table, not to its name, and embedding exchanges names with embedding_next when
--   the model changes: whether an image is indexed comes from library.indexing, how many are from
--   library.indexed_count.
