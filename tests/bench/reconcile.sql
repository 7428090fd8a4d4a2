-- The SQL twin of rightful: the same controls over the same data, as databases would be asked. Run by postgres.py (with psql) and by
-- duckdb.mjs in a folder of flattened CSV files; :as_of is the as-of time in seconds since 1970. The result is the table finding.
-- In PostgreSQL tables are unlogged and indexes stand where a plan needs one: its best case, not a caricature. DuckDB takes the same
-- statements, without UNLOGGED, indexes and ANALYZE, which it has no use for. What only one of them understands is marked as its own.

-- ---- load ----
CREATE UNLOGGED TABLE account (id int, dn text, name text, mail text, employee_id text, owner text, enabled boolean, usable boolean,
                               expires bigint, last_use bigint, created bigint, password_changed bigint);
CREATE UNLOGGED TABLE grp (id int, dn text, name text, owner text);
CREATE UNLOGGED TABLE member (grp int, member text);
CREATE UNLOGGED TABLE computer (id int, name text, host text, serial text, usable boolean, last_use bigint);
CREATE UNLOGGED TABLE roster (id text, name text, email text, username text, manager_id text, department text, title text, kind text,
                              status text, start_date date, last_working_day date, end_date date, recorded_at text, sponsor_id text);
CREATE UNLOGGED TABLE asset (id text, name text, kind text, status text, owner text, custodian text, serial text, hostname text,
                             access_groups text, review_every_days int, last_review date, classification text, next_audit date,
                             due_back date);
CREATE UNLOGGED TABLE approval (id text, grp text, account text, person_id text, approved_by text, approved_on date, expires_on date);
CREATE UNLOGGED TABLE conf_class (class text, name text);
CREATE UNLOGGED TABLE conf_privileged (grp text);
CREATE UNLOGGED TABLE conf_entitlement (id int, grp text, required boolean);
CREATE UNLOGGED TABLE conf_allowed (id int, department text, title text);
CREATE UNLOGGED TABLE conf_segregation (id text, side text, grp text);
CREATE UNLOGGED TABLE conf_except (id text, person text);
\copy account FROM account.csv CSV
\copy grp FROM grp.csv CSV
\copy member FROM member.csv CSV
\copy computer FROM computer.csv CSV
\copy roster FROM people.csv CSV HEADER
\copy asset FROM assets.csv CSV HEADER
\copy approval FROM approvals.csv CSV HEADER
\copy conf_class FROM class.csv CSV
\copy conf_privileged FROM privileged.csv CSV
\copy conf_entitlement FROM entitlement.csv CSV
\copy conf_allowed FROM allowed.csv CSV
\copy conf_segregation FROM segregation.csv CSV
\copy conf_except FROM except.csv CSV

/* postgres */ CREATE FUNCTION day_end(d date) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT extract(epoch FROM (d + 1)::timestamp AT TIME ZONE 'Europe/Berlin')::bigint $$;
/* duckdb */ CREATE MACRO day_end(d) AS epoch((d + 1)::timestamp AT TIME ZONE 'Europe/Berlin')::bigint;

CREATE UNLOGGED TABLE person AS
  SELECT row_number() OVER ()::int AS id, r.id AS hr_id, name, lower(email) AS email, lower(username) AS username, department, title,
         lower(kind) AS kind,
         CASE WHEN day_end(coalesce(last_working_day, end_date)) <= :as_of THEN day_end(coalesce(last_working_day, end_date)) END AS left_at,
         day_end(coalesce(end_date, last_working_day)) AS contract_end
  FROM roster r;
CREATE INDEX ON account (dn);
CREATE INDEX ON account (name);
CREATE INDEX ON grp (dn);
CREATE INDEX ON grp (name);
CREATE INDEX ON person (hr_id);
CREATE INDEX ON person (email);
CREATE INDEX ON person (username);
ANALYZE;

CREATE UNLOGGED TABLE direct AS SELECT m.grp, a.id AS account FROM member m JOIN account a ON a.dn = m.member;
CREATE UNLOGGED TABLE nested AS SELECT m.grp AS parent, g.id AS child FROM member m JOIN grp g ON g.dn = m.member;
CREATE INDEX ON direct (grp);
CREATE INDEX ON nested (parent);
ANALYZE direct;
ANALYZE nested;

-- ---- correlate: the first rule that finds anybody decides ----
CREATE UNLOGGED TABLE link AS
  WITH matches AS (
    SELECT a.id AS account, 1 AS rule, p.id AS person FROM account a JOIN person p ON p.hr_id = a.employee_id
    UNION ALL
    SELECT a.id, 2, p.id FROM account a JOIN person p ON p.email = lower(a.mail)
    UNION ALL
    SELECT a.id, 3, p.id FROM account a JOIN person p ON p.username = lower(a.name)),
  best AS (SELECT account, person, rule = min(rule) OVER (PARTITION BY account) AS decides FROM matches)
  SELECT account, CASE WHEN count(*) = 1 THEN min(person) END AS person, count(*) > 1 AS ambiguous
  FROM best WHERE decides GROUP BY account;
CREATE UNIQUE INDEX ON link (account);
ANALYZE link;

CREATE UNLOGGED TABLE subject AS
  SELECT a.*, coalesce((SELECT min(c.class) FROM conf_class c WHERE a.name LIKE c.name), 'person') AS class,
         l.person, coalesce(l.ambiguous, false) AS ambiguous, p.left_at, p.kind, p.contract_end, p.hr_id
  FROM account a LEFT JOIN link l ON l.account = a.id LEFT JOIN person p ON p.id = l.person;
CREATE UNIQUE INDEX ON subject (id);
CREATE INDEX ON subject (dn);
CREATE INDEX ON subject (name);
CREATE INDEX ON subject (person);
ANALYZE subject;

-- Owners and approvals.
CREATE UNLOGGED TABLE signed AS
  SELECT v.id, g.id AS grp, a.id AS account, NULL::int AS person, v.approved_by IS NOT NULL AND v.approved_by IS DISTINCT FROM a.hr_id AS is_signed,
         coalesce(day_end(v.approved_on) - 86400, 0) AS begins, day_end(v.expires_on) AS ends
  FROM approval v JOIN grp g ON g.name = v.grp JOIN subject a ON a.name = v.account
  UNION ALL
  SELECT v.id, g.id, NULL, p.id, v.approved_by IS NOT NULL AND v.approved_by <> v.person_id,
         coalesce(day_end(v.approved_on) - 86400, 0), day_end(v.expires_on)
  FROM approval v JOIN grp g ON g.name = v.grp JOIN person p ON p.hr_id = v.person_id WHERE v.account IS NULL;
CREATE UNLOGGED TABLE approved AS
  WITH valid AS (SELECT * FROM signed WHERE is_signed AND begins <= :as_of AND coalesce(ends, :as_of + 1) > :as_of)
  SELECT grp, account FROM valid WHERE account IS NOT NULL
  UNION SELECT v.grp, s.id FROM valid v JOIN subject s ON s.person = v.person;
CREATE UNIQUE INDEX ON approved (grp, account);
ANALYZE approved;

CREATE UNLOGGED TABLE owned AS
  SELECT 'account' AS type, s.id, s.name, s.usable AS subject_usable, o.id AS owner_account, g.id AS owner_group,
         o.id IS NOT NULL AND (NOT o.usable OR o.left_at IS NOT NULL) AS has_left, o.person
  FROM subject s LEFT JOIN subject o ON o.dn = lower(s.owner) LEFT JOIN grp g ON g.dn = lower(s.owner) WHERE s.class IN ('service', 'shared')
  UNION ALL
  SELECT 'group', s.id, s.name, true, o.id, NULL, o.id IS NOT NULL AND (NOT o.usable OR o.left_at IS NOT NULL), o.person
  FROM grp s LEFT JOIN subject o ON o.dn = lower(s.owner);
CREATE UNLOGGED TABLE somebody AS
  WITH texts AS (SELECT owner AS who FROM asset UNION SELECT custodian FROM asset)
  SELECT who, coalesce(i.left_at, e.left_at, u.left_at) AS left_at, coalesce(i.id, e.id, u.id) AS person
  FROM texts LEFT JOIN person i ON i.hr_id = who LEFT JOIN person e ON e.email = lower(who)
  LEFT JOIN person u ON u.username = lower(who) WHERE who IS NOT NULL;
CREATE UNIQUE INDEX ON somebody (who);
ANALYZE somebody;

-- Computers and their assets.
CREATE INDEX ON computer (host);
CREATE INDEX ON computer (serial);
CREATE INDEX ON computer (split_part(host, '.', 1));
ANALYZE computer;
CREATE UNLOGGED TABLE thing AS
  SELECT a.*, coalesce(f.id, s.id, n.id) AS computer
  FROM asset a
  LEFT JOIN computer f ON f.host = lower(CASE WHEN a.hostname LIKE '%.%' THEN a.hostname END)
  LEFT JOIN computer s ON split_part(s.host, '.', 1) = lower(CASE WHEN a.hostname NOT LIKE '%.%' THEN a.hostname END)
  LEFT JOIN computer n ON n.serial = a.serial;
CREATE INDEX ON thing (computer);
ANALYZE thing;

-- ---- membership: governed groups and who is in them ----
CREATE UNLOGGED TABLE access_name AS
  SELECT id AS asset, unnest(string_to_array(access_groups, '|')) AS named FROM asset WHERE access_groups IS NOT NULL;
CREATE UNLOGGED TABLE access AS SELECT n.asset, g.id AS grp FROM access_name n JOIN grp g ON g.name = n.named;
CREATE UNLOGGED TABLE governed AS
  SELECT 'privileged' AS kind, g.id AS grp FROM conf_privileged c JOIN grp g ON g.name = c.grp
  UNION SELECT 'privileged', g.id FROM conf_privileged c JOIN grp g ON g.dn = lower(c.grp)
  UNION SELECT 'entitlement', g.id FROM conf_entitlement c JOIN grp g ON g.name = c.grp
  UNION SELECT 'segregation', g.id FROM conf_segregation c JOIN grp g ON g.name = c.grp
  UNION SELECT 'access', grp FROM access;
CREATE UNIQUE INDEX ON governed (kind, grp);
ANALYZE governed;

CREATE UNLOGGED TABLE nearest AS
  WITH RECURSIVE walk (kind, root, grp) AS (
    SELECT kind, grp, grp FROM governed
    UNION
    SELECT w.kind, w.root, n.child FROM walk w JOIN nested n ON n.parent = w.grp
    LEFT JOIN governed x ON x.kind = w.kind AND x.grp = n.child WHERE x.grp IS NULL)
  SELECT DISTINCT w.kind, w.root AS grp, d.account FROM walk w JOIN direct d ON d.grp = w.grp;
CREATE UNLOGGED TABLE below AS
  WITH RECURSIVE walk (root, grp) AS (
    SELECT DISTINCT grp, grp FROM governed
    UNION
    SELECT w.root, n.child FROM walk w JOIN nested n ON n.parent = w.grp)
  SELECT root, grp FROM walk;
CREATE UNLOGGED TABLE effective AS
  SELECT DISTINCT b.root AS grp, d.account FROM below b JOIN direct d ON d.grp = b.grp
  WHERE b.root IN (SELECT grp FROM governed WHERE kind IN ('privileged', 'segregation'));
CREATE UNLOGGED TABLE privileged_account AS
  SELECT DISTINCT account FROM effective WHERE grp IN (SELECT grp FROM governed WHERE kind = 'privileged');
CREATE UNIQUE INDEX ON privileged_account (account);
ANALYZE nearest;
ANALYZE below;
ANALYZE effective;
ANALYZE privileged_account;

-- ---- controls ----
CREATE UNLOGGED TABLE finding (control text, subject text, object text);

CREATE UNLOGGED TABLE judged AS
  SELECT s.*, class IN ('person', 'admin', 'guest') AS is_people, p.account IS NOT NULL AS privileged
  FROM subject s LEFT JOIN privileged_account p ON p.account = s.id;
INSERT INTO finding (control, subject) SELECT 'leaver-active', name FROM judged
  WHERE is_people AND usable AND :as_of - left_at > CASE WHEN privileged OR class = 'admin' THEN 4 ELSE 24 END * 3600;
INSERT INTO finding (control, subject) SELECT 'leaver-logon', name FROM judged WHERE is_people AND last_use > left_at;
INSERT INTO finding (control, subject) SELECT 'orphaned-account', name FROM judged
  WHERE is_people AND usable AND person IS NULL AND NOT ambiguous AND owner IS NULL;
INSERT INTO finding (control, subject) SELECT 'ambiguous-account', name FROM judged WHERE is_people AND usable AND ambiguous;
INSERT INTO finding (control, subject) SELECT 'account-never-used', name FROM judged
  WHERE is_people AND usable AND last_use IS NULL AND :as_of - created > 30 * 86400;
INSERT INTO finding (control, subject) SELECT 'dormant-account', name FROM judged
  WHERE usable AND :as_of - last_use > CASE WHEN privileged THEN 30 ELSE 90 END * 86400;
INSERT INTO finding (control, subject) SELECT 'contractor-expired', name FROM judged
  WHERE is_people AND usable AND kind IN ('contractor', 'external', 'supplier', 'partner') AND contract_end <= :as_of;

INSERT INTO finding (control, subject) SELECT 'service-without-owner', name FROM owned
  WHERE type = 'account' AND subject_usable AND owner_account IS NULL AND owner_group IS NULL;
INSERT INTO finding (control, subject) SELECT 'owner-left', name FROM owned WHERE subject_usable AND has_left;

INSERT INTO finding SELECT 'privileged-unapproved', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp
  WHERE n.kind = 'privileged' AND s.usable AND NOT EXISTS (SELECT 1 FROM approved v WHERE v.grp = n.grp AND v.account = s.id);
INSERT INTO finding SELECT 'privileged-nested', s.name, g.name
  FROM effective e JOIN governed k ON k.grp = e.grp AND k.kind = 'privileged' JOIN subject s ON s.id = e.account JOIN grp g ON g.id = e.grp
  WHERE s.usable AND NOT EXISTS (SELECT 1 FROM direct d WHERE d.grp = e.grp AND d.account = e.account);
INSERT INTO finding SELECT 'excess-privilege', s.name, g.name
  FROM conf_entitlement c JOIN grp g ON g.name = c.grp JOIN nearest n ON n.kind = 'entitlement' AND n.grp = g.id
  JOIN subject s ON s.id = n.account
  LEFT JOIN owned o ON s.person IS NULL AND o.type = 'account' AND o.id = s.id
  LEFT JOIN person p ON p.id = coalesce(s.person, o.person)
  WHERE s.usable AND NOT s.ambiguous
    AND NOT EXISTS (SELECT 1 FROM approved v WHERE v.grp = g.id AND v.account = s.id)
    AND (c.required OR p.id IS NULL OR NOT EXISTS (
      SELECT 1 FROM conf_allowed w WHERE w.id = c.id AND (w.department IS NULL OR p.department ILIKE w.department)
                                     AND (w.title IS NULL OR p.title ILIKE w.title)));
INSERT INTO finding SELECT DISTINCT 'leaver-rights', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp
  LEFT JOIN governed k ON k.kind = 'privileged' AND k.grp = n.grp
  WHERE NOT s.usable AND s.class IN ('person', 'admin', 'guest') AND :as_of - s.left_at > CASE WHEN k.grp IS NULL THEN 30 ELSE 1 END * 86400;
INSERT INTO finding SELECT DISTINCT 'group-foreign-member', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp WHERE s.usable AND s.class = 'guest';
INSERT INTO finding SELECT 'segregation-conflict', p.name, r.id
  FROM (SELECT c.id, s.person
        FROM conf_segregation c JOIN grp g ON g.name = c.grp JOIN effective e ON e.grp = g.id JOIN subject s ON s.id = e.account
        WHERE s.usable AND s.person IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conf_except x WHERE x.id = c.id AND x.person = s.hr_id)
        GROUP BY c.id, s.person HAVING count(DISTINCT c.side) = 2) AS r JOIN person p ON p.id = r.person;

INSERT INTO finding (control, subject) SELECT 'asset-without-owner', name FROM thing WHERE status NOT IN ('retired', 'lost') AND owner IS NULL;
INSERT INTO finding (control, subject) SELECT 'asset-owner-left', t.name
  FROM thing t LEFT JOIN somebody o ON o.who = t.owner LEFT JOIN somebody c ON c.who = t.custodian
  WHERE status NOT IN ('retired', 'lost')
    AND ((t.owner IS NOT NULL AND (o.person IS NULL OR o.left_at IS NOT NULL))
         OR (t.custodian IS NOT NULL AND (c.person IS NULL OR c.left_at IS NOT NULL)));
INSERT INTO finding (control, subject) SELECT 'asset-not-returned', t.name
  FROM thing t JOIN somebody c ON c.who = t.custodian
  WHERE status IN ('in_use', 'loan', 'repair') AND kind NOT IN ('application', 'information', 'service') AND :as_of - c.left_at > 86400;
INSERT INTO finding (control, subject) SELECT 'asset-ghost', t.name
  FROM thing t LEFT JOIN computer c ON c.id = t.computer
  WHERE t.kind = 'computer' AND t.status = 'in_use' AND t.hostname IS NOT NULL
    AND (c.id IS NULL OR NOT c.usable OR c.last_use IS NULL OR :as_of - c.last_use > 90 * 86400);
INSERT INTO finding (control, subject) SELECT 'asset-retired-active', t.name
  FROM thing t JOIN computer c ON c.id = t.computer
  WHERE t.status IN ('retired', 'lost') AND c.usable
    AND NOT EXISTS (SELECT 1 FROM thing o WHERE o.computer = c.id AND o.status = 'in_use');
INSERT INTO finding (control, subject) SELECT 'computer-unregistered', name
  FROM computer c WHERE c.usable AND :as_of - c.last_use <= 7 * 86400 AND NOT EXISTS (SELECT 1 FROM thing t WHERE t.computer = c.id);

INSERT INTO finding (control, subject) SELECT 'review-overdue', g.name FROM (
    SELECT x.grp FROM access x JOIN asset a ON a.id = x.asset
    GROUP BY x.grp HAVING :as_of - max(day_end(a.last_review)) > coalesce(min(a.review_every_days), 180) * 86400) AS r JOIN grp g ON g.id = r.grp;
INSERT INTO finding (control, subject) SELECT 'review-overdue', a.name FROM asset a
  WHERE a.review_every_days IS NOT NULL AND NOT EXISTS (SELECT 1 FROM access x WHERE x.asset = a.id)
    AND :as_of - day_end(a.last_review) > a.review_every_days * 86400;
