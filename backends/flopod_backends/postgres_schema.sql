-- The tables of a store in a schema of its own, format 1. The log is the truth; `runs` is what the
-- fold made of it, and who holds the run.
--
-- Every commit is one statement (see postgres_statement.py). The lease stands in the run's own row, so
-- that an append checks it and the log's end under one row lock. Times are milliseconds since 1970.
-- `xid` is the transaction that wrote a row: a watcher asks for what was committed since the last
-- snapshot it has seen, which no sequence could tell (numbers are given out before the commit).
-- Values are text: jsonb refuses \u0000 and lone surrogates, and drops what is there twice.

CREATE TABLE format (
    version integer NOT NULL
);
INSERT INTO format VALUES (1);

CREATE TABLE events (
    run_id text COLLATE "C" NOT NULL,
    seq    integer NOT NULL,
    at     bigint NOT NULL,
    type   text NOT NULL,
    path   text NOT NULL,
    data   text NOT NULL,
    batch  bigint NOT NULL,  -- the commit that it came with, whose answer may have been lost
    xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (run_id, seq)
);
CREATE INDEX events_changed ON events (xid);

-- Space for the next version of a row on the same page.
CREATE TABLE runs (
    run_id       text COLLATE "C" PRIMARY KEY,
    workflow     text NOT NULL DEFAULT '',
    status       text NOT NULL DEFAULT '',
    submitted_at bigint NOT NULL DEFAULT 0,
    due_at       bigint,
    last_seq     integer NOT NULL DEFAULT 0,
    -- False: it was taken by a worker before its first event. Indexes ask this, not `last_seq`,
    -- which changes with every append: a row whose indexed columns stay costs no index entry.
    begun        boolean NOT NULL DEFAULT false,
    search       text NOT NULL DEFAULT '',
    summary      text NOT NULL DEFAULT '',
    worker_id    text,
    epoch        bigint NOT NULL DEFAULT 0,
    again        boolean NOT NULL DEFAULT false,
    claim        bigint NOT NULL DEFAULT 0  -- the claim that took it, whose answer may have been lost
) WITH (fillfactor = 70);

-- Ids that differ only in letter case would be one file elsewhere, and one run to a reader.
CREATE UNIQUE INDEX runs_in_any_case ON runs (lower(run_id)) WHERE begun;
CREATE INDEX runs_newest_first ON runs (submitted_at DESC, run_id) WHERE begun;
CREATE INDEX runs_by_status ON runs (status, submitted_at DESC) WHERE begun;
CREATE INDEX runs_due ON runs (due_at, run_id) WHERE due_at IS NOT NULL;
CREATE INDEX runs_owing ON runs (due_at, run_id)
    WHERE due_at IS NOT NULL AND status IN ('ok', 'error', 'cancelled');
CREATE INDEX runs_held ON runs (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX runs_again ON runs (due_at, run_id) WHERE again;

CREATE TABLE deleted (
    run_id text NOT NULL,
    xid    xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX deleted_changed ON deleted (xid);

-- A row for each workflow with a limit; its number turns with every claim of such runs.
CREATE TABLE limits (
    workflow text PRIMARY KEY,
    turn     bigint NOT NULL DEFAULT 0
);

CREATE TABLE workers (
    worker_id  text PRIMARY KEY,
    expires_at bigint NOT NULL,  -- by the clock of this server
    info       text NOT NULL
);
