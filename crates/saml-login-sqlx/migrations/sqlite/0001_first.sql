-- saml-login-sqlx, schema 1, SQLite.
--
-- Run by `SqlStore::migrate`, or by a tool of yours, as one transaction.
-- Code of schema 1 and later can run on it.
--
-- Digests are SHA-256. Instants have 12 bytes: the seconds since 1970 as a signed number of eight
-- bytes with its first bit flipped, then the nanoseconds in four, the highest byte first. So the
-- order of the bytes is that of the time, to the nanosecond, over all years. What is said as
-- "record" is JSON in UTF-8; it is a BLOB because a text of SQL takes no NUL.

CREATE TABLE saml_migrations (
    version INTEGER PRIMARY KEY NOT NULL,
    -- The oldest schema whose code can run on this one.
    oldest INTEGER NOT NULL,
    name TEXT NOT NULL
) STRICT;

-- The settings of organizations. Where one was removed its row stays, with nothing but the digest:
-- its id is never given again.
CREATE TABLE saml_organizations (
    organization BLOB PRIMARY KEY NOT NULL, -- digest of the id
    id BLOB,
    version INTEGER NOT NULL,
    record BLOB,
    purge_key BLOB
) STRICT;

-- The numbers of an organization's accounts. Every write of the organization locks this row first.
CREATE TABLE saml_counters (
    organization BLOB PRIMARY KEY NOT NULL,
    purchased INTEGER,
    active INTEGER NOT NULL,
    invited INTEGER NOT NULL,
    deactivated INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    administrators INTEGER NOT NULL,
    reachable INTEGER NOT NULL,
    had_administrator INTEGER NOT NULL,
    changes INTEGER NOT NULL, -- the last number of the feed
    events INTEGER NOT NULL, -- the last number of the audit trail
    requests INTEGER NOT NULL -- the last number of the log of requests
) STRICT, WITHOUT ROWID;

-- What belongs to one organization alone. Rows of an organization that was removed stay.
CREATE TABLE saml_claims (
    claim BLOB PRIMARY KEY NOT NULL, -- digest of kind and value
    organization BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE saml_trusted (
    fingerprint BLOB NOT NULL, -- of a certificate
    organization BLOB NOT NULL,
    PRIMARY KEY (fingerprint, organization)
) STRICT, WITHOUT ROWID;

-- Accounts. Personal: id_key, user_name_key, record.
CREATE TABLE saml_accounts (
    organization BLOB NOT NULL,
    account BLOB NOT NULL, -- digest of the id
    living INTEGER NOT NULL, -- 0 where it is deleted, otherwise 1
    status TEXT NOT NULL,
    administrator INTEGER NOT NULL, -- 1 for an active administrator, otherwise 0
    created_at BLOB NOT NULL,
    changed_at BLOB NOT NULL,
    id_key BLOB NOT NULL, -- the id; of a long one its beginning and its digest
    user_name_key BLOB NOT NULL, -- the beginning of the user name in lower case; empty for none
    invitation BLOB, -- digest of its token
    record BLOB NOT NULL,
    PRIMARY KEY (organization, account)
) STRICT;
CREATE INDEX saml_accounts_created
    ON saml_accounts (organization, living, created_at, id_key);
CREATE INDEX saml_accounts_changed
    ON saml_accounts (organization, living, changed_at, created_at, id_key);
CREATE INDEX saml_accounts_id
    ON saml_accounts (organization, living, id_key);
CREATE INDEX saml_accounts_user_name
    ON saml_accounts (organization, living, user_name_key, created_at, id_key);
CREATE INDEX saml_accounts_status
    ON saml_accounts (organization, status, created_at, id_key);
CREATE INDEX saml_accounts_administrator
    ON saml_accounts (organization, administrator);
CREATE INDEX saml_accounts_invitation
    ON saml_accounts (organization, invitation);

-- The names of accounts: stable key, address, user name, external ID.
CREATE TABLE saml_names (
    organization BLOB NOT NULL,
    name BLOB NOT NULL, -- digest of kind and name
    account BLOB NOT NULL,
    living INTEGER NOT NULL,
    PRIMARY KEY (organization, name, account)
) STRICT, WITHOUT ROWID;
-- No two accounts share a name, deleted ones aside.
CREATE UNIQUE INDEX saml_names_living ON saml_names (organization, name) WHERE living = 1;

-- Every address of an account: its own, and those that the directory has pushed.
CREATE TABLE saml_addresses (
    organization BLOB NOT NULL,
    address BLOB NOT NULL, -- digest of the address in lower case
    account BLOB NOT NULL,
    own INTEGER NOT NULL,
    PRIMARY KEY (organization, address, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX saml_addresses_own ON saml_addresses (address, own);

-- What stays of the names of accounts that were purged: an HMAC under the organization's own key.
CREATE TABLE saml_purged (
    organization BLOB NOT NULL,
    mark BLOB NOT NULL,
    PRIMARY KEY (organization, mark)
) STRICT, WITHOUT ROWID;

-- What happened to accounts, in order. Personal: account.
CREATE TABLE saml_changes (
    organization BLOB NOT NULL,
    number INTEGER NOT NULL,
    account BLOB NOT NULL, -- its id
    version INTEGER, -- none where it is gone; 64 bits without a sign, as one with a sign
    generation INTEGER NOT NULL, -- likewise
    PRIMARY KEY (organization, number)
) STRICT, WITHOUT ROWID;

-- Sessions. Personal: record.
CREATE TABLE saml_sessions (
    token BLOB PRIMARY KEY NOT NULL, -- digest
    organization BLOB NOT NULL,
    account BLOB NOT NULL,
    subject BLOB, -- digest of who it is at the identity provider
    not_on_or_after BLOB NOT NULL,
    last_used_at BLOB NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX saml_sessions_account ON saml_sessions (organization, account);
CREATE INDEX saml_sessions_subject ON saml_sessions (organization, subject);
CREATE INDEX saml_sessions_end ON saml_sessions (not_on_or_after);

-- Codes, tokens of directories, setup links, paging keys. Personal: record.
CREATE TABLE saml_kept (
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    organization BLOB NOT NULL,
    expires_at BLOB,
    record BLOB NOT NULL,
    PRIMARY KEY (kind, digest)
) STRICT;
CREATE INDEX saml_kept_organization ON saml_kept (organization, kind);
CREATE INDEX saml_kept_end ON saml_kept (expires_at);

-- Assertions and requests that were used.
CREATE TABLE saml_spent (
    spent BLOB PRIMARY KEY NOT NULL, -- digest of kind, connection, issuer and ID
    until BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX saml_spent_until ON saml_spent (until);

-- Requests that wait for their answers.
CREATE TABLE saml_pending (
    cookie BLOB PRIMARY KEY NOT NULL, -- digest
    request BLOB NOT NULL, -- digest of its ID
    expires_at BLOB NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX saml_pending_end ON saml_pending (expires_at);

-- How often something was tried.
CREATE TABLE saml_rates (
    rate BLOB PRIMARY KEY NOT NULL, -- digest of what is counted, and whose
    until BLOB NOT NULL,
    taken BLOB NOT NULL -- the instants, one after the other
) STRICT;
CREATE INDEX saml_rates_until ON saml_rates (until);

-- The audit trail. Personal: record (ids of accounts, addresses of clients).
CREATE TABLE saml_events (
    organization BLOB NOT NULL,
    number INTEGER NOT NULL,
    at BLOB NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (organization, number)
) STRICT;
CREATE INDEX saml_events_at ON saml_events (at);

-- The requests of directories. Personal: record (ids of accounts).
CREATE TABLE saml_requests (
    organization BLOB NOT NULL,
    number INTEGER NOT NULL,
    at BLOB NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (organization, number)
) STRICT;
CREATE INDEX saml_requests_at ON saml_requests (at);

-- What there is once.
CREATE TABLE saml_store (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    record BLOB, -- the marks of the sealing keys
    -- What was spent until then may be forgotten; nothing that ends no later is spent any more.
    forgotten_until BLOB
) STRICT;
INSERT INTO saml_store (one) VALUES (1);

INSERT INTO saml_migrations (version, oldest, name) VALUES (1, 1, 'first');
