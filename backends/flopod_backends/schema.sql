-- The tables of a store, version 1. The log is the truth; `runs` is what the fold made of it.
--
-- Every commit is one statement. An append is an insert into the view `append`, whose trigger
-- refuses it whole when the log has moved on or the lease is void. `rev` numbers the changes of
-- the whole store, so that a watcher asks for what is new since the last one it has seen.
-- Times are milliseconds since 1970.

BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS events (
    run_id TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    type   TEXT NOT NULL,
    path   TEXT NOT NULL,
    data   TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS runs (
    run_id       TEXT PRIMARY KEY,
    workflow     TEXT NOT NULL,
    status       TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    due_at       INTEGER,
    last_seq     INTEGER NOT NULL,
    rev          INTEGER NOT NULL,
    search       TEXT NOT NULL,
    summary      TEXT NOT NULL
);

-- Ids that differ only in letter case would be one file elsewhere, and one run to a reader.
CREATE UNIQUE INDEX IF NOT EXISTS runs_in_any_case ON runs (run_id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS runs_newest_first ON runs (submitted_at DESC, run_id);
CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status, submitted_at DESC);
CREATE INDEX IF NOT EXISTS runs_due ON runs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS runs_owing ON runs (due_at)
    WHERE due_at IS NOT NULL AND status IN ('ok', 'error', 'cancelled');
CREATE INDEX IF NOT EXISTS runs_changed ON runs (rev);

CREATE TABLE IF NOT EXISTS deleted (
    rev    INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS leases (
    run_id    TEXT PRIMARY KEY,
    worker_id TEXT,
    epoch     INTEGER NOT NULL,
    again     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS leases_left ON leases (worker_id)
    WHERE worker_id IS NOT NULL OR again;

CREATE TABLE IF NOT EXISTS workers (
    worker_id  TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    info       TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS last_change (rev) AS
    SELECT max(coalesce((SELECT max(rev) FROM runs), 0),
               coalesce((SELECT max(rev) FROM deleted), 0));

CREATE VIEW IF NOT EXISTS append (
    run_id, expected, worker_id, epoch, events,
    workflow, status, submitted_at, due_at, last_seq, search, summary
) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;

CREATE TRIGGER IF NOT EXISTS append_insert INSTEAD OF INSERT ON append
BEGIN
    SELECT RAISE(ABORT, 'the log has moved on')
    WHERE NEW.expected
        IS NOT coalesce((SELECT last_seq FROM runs WHERE run_id = NEW.run_id), 0);

    SELECT RAISE(ABORT, 'the lease is void')
    WHERE NEW.worker_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM leases
        WHERE run_id = NEW.run_id AND worker_id = NEW.worker_id AND epoch = NEW.epoch
    );

    INSERT INTO events (run_id, seq, at, type, path, data)
    SELECT NEW.run_id,
           json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
           json_extract(value, '$[3]'), json_extract(value, '$[4]')
    FROM json_each(NEW.events);

    INSERT INTO runs (
        run_id, workflow, status, submitted_at, due_at, last_seq, rev, search, summary
    )
    SELECT NEW.run_id, NEW.workflow, NEW.status, NEW.submitted_at, NEW.due_at, NEW.last_seq,
           (SELECT rev + 1 FROM last_change), NEW.search, NEW.summary
    WHERE NEW.expected = 0;

    -- An update writes every index that has a column of it, changed or not, and each index is a
    -- page more in the log. So what is seldom another is set by a statement of its own.
    UPDATE runs SET
        last_seq = NEW.last_seq, rev = (SELECT rev + 1 FROM last_change), summary = NEW.summary
    WHERE run_id = NEW.run_id AND NEW.expected <> 0;

    UPDATE runs SET
        workflow = NEW.workflow, status = NEW.status, submitted_at = NEW.submitted_at,
        due_at = NEW.due_at, search = NEW.search
    WHERE run_id = NEW.run_id AND NEW.expected <> 0
      AND (workflow, status, submitted_at, due_at, search)
          IS NOT (NEW.workflow, NEW.status, NEW.submitted_at, NEW.due_at, NEW.search);

    -- A run that is at its end is nobody's; that is so with the same commit.
    UPDATE leases SET worker_id = NULL, again = 0
    WHERE run_id = NEW.run_id AND NEW.worker_id IS NOT NULL
      AND NEW.status IN ('ok', 'error', 'cancelled', 'needs_attention');
END;

CREATE VIEW IF NOT EXISTS forget (run_id) AS SELECT NULL WHERE 0;

CREATE TRIGGER IF NOT EXISTS forget_insert INSTEAD OF INSERT ON forget
BEGIN
    -- Watchers that were away for a thousand deletes learn of the older ones when they list.
    DELETE FROM deleted WHERE rev <= (SELECT max(rev) FROM deleted) - 1000;
    INSERT INTO deleted (rev, run_id)
    SELECT (SELECT rev + 1 FROM last_change), run_id FROM runs WHERE run_id = NEW.run_id;
    DELETE FROM runs WHERE run_id = NEW.run_id;
    DELETE FROM events WHERE run_id = NEW.run_id;
    DELETE FROM leases WHERE run_id = NEW.run_id;
END;

PRAGMA application_id = 0x666c6f70;
PRAGMA user_version = 1;

COMMIT;
