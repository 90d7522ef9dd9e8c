-- saml-login-sqlx, schema 1, PostgreSQL.
--
-- Run by `SqlStore::migrate`, or by a tool of yours, as one transaction.
-- Code of schema 1 and later can run on it.
--
-- Digests are SHA-256. Instants have 12 bytes: the seconds since 1970 as a signed number of eight
-- bytes with its first bit flipped, then the nanoseconds in four, the highest byte first. So the
-- order of the bytes is that of the time, to the nanosecond, over all years. What is said as
-- "record" is JSON in UTF-8; it is BYTEA because a text of PostgreSQL takes
-- no NUL.

CREATE TABLE saml_migrations (
    version BIGINT PRIMARY KEY NOT NULL,
    -- The oldest schema whose code can run on this one.
    oldest BIGINT NOT NULL,
    name TEXT NOT NULL
);

-- The settings of organizations. Where one was removed its row stays, with nothing but the digest:
-- its id is never given again.
CREATE TABLE saml_organizations (
    organization BYTEA PRIMARY KEY NOT NULL, -- digest of the id
    id BYTEA,
    version BIGINT NOT NULL,
    record BYTEA,
    purge_key BYTEA
);

-- The numbers of an organization's accounts. Every write of the organization locks this row first.
CREATE TABLE saml_counters (
    organization BYTEA PRIMARY KEY NOT NULL,
    purchased BIGINT,
    active BIGINT NOT NULL,
    invited BIGINT NOT NULL,
    deactivated BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    administrators BIGINT NOT NULL,
    reachable BIGINT NOT NULL,
    had_administrator BIGINT NOT NULL,
    changes BIGINT NOT NULL, -- the last number of the feed
    events BIGINT NOT NULL, -- the last number of the audit trail
    requests BIGINT NOT NULL -- the last number of the log of requests
);

-- What belongs to one organization alone. Rows of an organization that was removed stay.
CREATE TABLE saml_claims (
    claim BYTEA PRIMARY KEY NOT NULL, -- digest of kind and value
    organization BYTEA NOT NULL
);

CREATE TABLE saml_trusted (
    fingerprint BYTEA NOT NULL, -- of a certificate
    organization BYTEA NOT NULL,
    PRIMARY KEY (fingerprint, organization)
);

-- Accounts. Personal: id_key, user_name_key, record.
CREATE TABLE saml_accounts (
    organization BYTEA NOT NULL,
    account BYTEA NOT NULL, -- digest of the id
    living BIGINT NOT NULL, -- 0 where it is deleted, otherwise 1
    status TEXT NOT NULL,
    administrator BIGINT NOT NULL, -- 1 for an active administrator, otherwise 0
    created_at BYTEA NOT NULL,
    changed_at BYTEA NOT NULL,
    id_key BYTEA NOT NULL, -- the id; of a long one its beginning and its digest
    user_name_key BYTEA NOT NULL, -- the beginning of the user name in lower case; empty for none
    invitation BYTEA, -- digest of its token
    record BYTEA NOT NULL,
    PRIMARY KEY (organization, account)
);
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
    organization BYTEA NOT NULL,
    name BYTEA NOT NULL, -- digest of kind and name
    account BYTEA NOT NULL,
    living BIGINT NOT NULL,
    PRIMARY KEY (organization, name, account)
);
-- No two accounts share a name, deleted ones aside.
CREATE UNIQUE INDEX saml_names_living ON saml_names (organization, name) WHERE living = 1;

-- Every address of an account: its own, and those that the directory has pushed.
CREATE TABLE saml_addresses (
    organization BYTEA NOT NULL,
    address BYTEA NOT NULL, -- digest of the address in lower case
    account BYTEA NOT NULL,
    own BIGINT NOT NULL,
    PRIMARY KEY (organization, address, account)
);
CREATE INDEX saml_addresses_own ON saml_addresses (address, own);

-- What stays of the names of accounts that were purged: an HMAC under the organization's own key.
CREATE TABLE saml_purged (
    organization BYTEA NOT NULL,
    mark BYTEA NOT NULL,
    PRIMARY KEY (organization, mark)
);

-- What happened to accounts, in order. Personal: account.
CREATE TABLE saml_changes (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    account BYTEA NOT NULL, -- its id
    version BIGINT, -- none where it is gone; 64 bits without a sign, as one with a sign
    generation BIGINT NOT NULL, -- likewise
    PRIMARY KEY (organization, number)
);

-- Sessions. Personal: record.
CREATE TABLE saml_sessions (
    token BYTEA PRIMARY KEY NOT NULL, -- digest
    organization BYTEA NOT NULL,
    account BYTEA NOT NULL,
    subject BYTEA, -- digest of who it is at the identity provider
    not_on_or_after BYTEA NOT NULL,
    last_used_at BYTEA NOT NULL,
    record BYTEA NOT NULL
);
CREATE INDEX saml_sessions_account ON saml_sessions (organization, account);
CREATE INDEX saml_sessions_subject ON saml_sessions (organization, subject);
CREATE INDEX saml_sessions_end ON saml_sessions (not_on_or_after);

-- Codes, tokens of directories, setup links, paging keys. Personal: record.
CREATE TABLE saml_kept (
    kind TEXT NOT NULL,
    digest BYTEA NOT NULL,
    organization BYTEA NOT NULL,
    expires_at BYTEA,
    record BYTEA NOT NULL,
    PRIMARY KEY (kind, digest)
);
CREATE INDEX saml_kept_organization ON saml_kept (organization, kind);
CREATE INDEX saml_kept_end ON saml_kept (expires_at);

-- Assertions and requests that were used.
CREATE TABLE saml_spent (
    spent BYTEA PRIMARY KEY NOT NULL, -- digest of kind, connection, issuer and ID
    until BYTEA NOT NULL
);
CREATE INDEX saml_spent_until ON saml_spent (until);

-- Requests that wait for their answers.
CREATE TABLE saml_pending (
    cookie BYTEA PRIMARY KEY NOT NULL, -- digest
    request BYTEA NOT NULL, -- digest of its ID
    expires_at BYTEA NOT NULL,
    record BYTEA NOT NULL
);
CREATE INDEX saml_pending_end ON saml_pending (expires_at);

-- How often something was tried.
CREATE TABLE saml_rates (
    rate BYTEA PRIMARY KEY NOT NULL, -- digest of what is counted, and whose
    until BYTEA NOT NULL,
    taken BYTEA NOT NULL -- the instants, one after the other
);
CREATE INDEX saml_rates_until ON saml_rates (until);

-- The audit trail. Personal: record (ids of accounts, addresses of clients).
CREATE TABLE saml_events (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    at BYTEA NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (organization, number)
);
CREATE INDEX saml_events_at ON saml_events (at);

-- The requests of directories. Personal: record (ids of accounts).
CREATE TABLE saml_requests (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    at BYTEA NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (organization, number)
);
CREATE INDEX saml_requests_at ON saml_requests (at);

-- What there is once.
CREATE TABLE saml_store (
    one BIGINT PRIMARY KEY NOT NULL CHECK (one = 1),
    record BYTEA, -- the marks of the sealing keys
    -- What was spent until then may be forgotten; nothing that ends no later is spent any more.
    forgotten_until BYTEA
);
INSERT INTO saml_store (one) VALUES (1);

INSERT INTO saml_migrations (version, oldest, name) VALUES (1, 1, 'first');
