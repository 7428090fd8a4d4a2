-- The SQL twin of rightful: the same controls over the same data, as databases would be asked. Run by postgres.py (with psql) and by
-- duckdb.mjs in a folder of flattened CSV files; :as_of is the as-of time in seconds since 1970. The result is the table finding.
-- In PostgreSQL tables are unlogged and indexes stand where a plan needs one: its best case, not a caricature. DuckDB takes the same
-- statements, without UNLOGGED, indexes and ANALYZE, which it has no use for. What only one of them understands is marked as its own.

-- ---- load ----
CREATE UNLOGGED TABLE account (id int, dn text, name text, mail text, employee_id text, owner text, enabled boolean, usable boolean,
                               expires bigint, last_use bigint, created bigint, password_changed bigint);
CREATE UNLOGGED TABLE grp (id int, key text, dn text, name text, owner text);
CREATE UNLOGGED TABLE member (grp int, member text);
CREATE UNLOGGED TABLE computer (id int, name text, host text, serial text, usable boolean, last_use bigint);
CREATE UNLOGGED TABLE roster (id text, name text, email text, username text, manager_id text, department text, title text, kind text,
                              status text, start_date date, last_working_day date, end_date date, recorded_at timestamptz,
                              sponsor_id text);
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
         day_end(coalesce(end_date, last_working_day)) AS contract_end, lower(status) AS status, sponsor_id,
         coalesce(day_end(start_date) - 86400, 0) AS begins, extract(epoch FROM recorded_at)::bigint AS recorded_at
  FROM roster r;
CREATE INDEX ON account (dn);
CREATE INDEX ON account (name);
CREATE INDEX ON grp (dn);
CREATE INDEX ON grp (name);
CREATE INDEX ON person (hr_id);
CREATE INDEX ON person (email);
CREATE INDEX ON person (username);
ANALYZE;

CREATE UNLOGGED TABLE edge AS
  SELECT m.grp, a.id AS account, g.id AS child
  FROM member m LEFT JOIN account a ON a.dn = m.member LEFT JOIN grp g ON g.dn = m.member;
CREATE VIEW direct AS SELECT grp, account FROM edge WHERE account IS NOT NULL;
CREATE UNLOGGED TABLE nested AS SELECT grp AS parent, child FROM edge WHERE child IS NOT NULL;
CREATE UNLOGGED TABLE unknown AS SELECT DISTINCT grp FROM edge WHERE account IS NULL AND child IS NULL;
CREATE INDEX ON edge (grp);
CREATE INDEX ON nested (parent);
ANALYZE edge;
ANALYZE nested;

-- ---- correlate: the first rule that finds anybody decides ----
CREATE UNLOGGED TABLE candidate AS
  WITH matches AS (
    SELECT a.id AS account, 1 AS rule, p.id AS person FROM account a JOIN person p ON p.hr_id = a.employee_id
    UNION ALL
    SELECT a.id, 2, p.id FROM account a JOIN person p ON p.email = lower(a.mail)
    UNION ALL
    SELECT a.id, 3, p.id FROM account a JOIN person p ON p.username = lower(a.name)),
  best AS (SELECT account, person, rule = min(rule) OVER (PARTITION BY account) AS decides FROM matches)
  SELECT account, person FROM best WHERE decides;
CREATE UNLOGGED TABLE link AS
  SELECT account, CASE WHEN count(*) = 1 THEN min(person) END AS person, count(*) > 1 AS ambiguous FROM candidate GROUP BY account;
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
  SELECT g.id AS grp, a.id AS account, NULL::int AS person, day_end(v.expires_on) AS ends
  FROM approval v JOIN subject a ON a.name = v.account LEFT JOIN grp g ON g.name = v.grp
  WHERE v.approved_by IS NOT NULL AND v.approved_by IS DISTINCT FROM a.hr_id AND coalesce(day_end(v.approved_on) - 86400, 0) <= :as_of
  UNION ALL
  SELECT g.id, NULL, p.id, day_end(v.expires_on)
  FROM approval v JOIN person p ON p.hr_id = v.person_id JOIN grp g ON g.name = v.grp
  WHERE v.account IS NULL AND v.approved_by IS NOT NULL AND v.approved_by <> v.person_id
    AND coalesce(day_end(v.approved_on) - 86400, 0) <= :as_of;
CREATE UNLOGGED TABLE verdict AS
  SELECT grp, account, bool_or(ends IS NULL OR ends > :as_of) AS is_valid
  FROM (SELECT grp, account, ends FROM signed WHERE account IS NOT NULL
        UNION ALL
        SELECT v.grp, s.id, v.ends FROM signed v JOIN subject s ON s.person = v.person) AS rows
  GROUP BY grp, account;
CREATE INDEX ON verdict (grp, account);
ANALYZE verdict;

CREATE UNLOGGED TABLE owned AS
  SELECT 'account' AS type, s.id, s.name, s.usable AS subject_usable, o.id AS owner_account, g.id AS owner_group,
         o.id IS NOT NULL AND (NOT o.usable OR o.left_at IS NOT NULL) AS has_left, o.person
  FROM subject s LEFT JOIN subject o ON o.dn = lower(s.owner) LEFT JOIN grp g ON g.dn = lower(s.owner) WHERE s.class IN ('service', 'shared')
  UNION ALL
  SELECT 'group', s.id, s.name, true, o.id, g.id, o.id IS NOT NULL AND (NOT o.usable OR o.left_at IS NOT NULL), o.person
  FROM grp s LEFT JOIN subject o ON o.dn = lower(s.owner) LEFT JOIN grp g ON g.dn = lower(s.owner);
CREATE UNLOGGED TABLE somebody AS
  WITH texts AS (SELECT owner AS who FROM asset UNION SELECT custodian FROM asset)
  SELECT who, coalesce(i.left_at, e.left_at, u.left_at) AS left_at, coalesce(i.id, e.id, u.id) AS person
  FROM texts LEFT JOIN person i ON i.hr_id = who LEFT JOIN person e ON e.email = lower(who)
  LEFT JOIN person u ON u.username = lower(who) WHERE who IS NOT NULL;
CREATE UNLOGGED TABLE gone AS SELECT who FROM somebody WHERE person IS NULL OR left_at IS NOT NULL;
CREATE UNIQUE INDEX ON somebody (who);
CREATE UNIQUE INDEX ON gone (who);
ANALYZE somebody;
ANALYZE gone;

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

CREATE UNLOGGED TABLE way AS
  WITH RECURSIVE walk (kind, root, grp) AS (
    SELECT kind, grp, grp FROM governed
    UNION
    SELECT w.kind, w.root, n.child FROM walk w JOIN nested n ON n.parent = w.grp
    LEFT JOIN governed x ON x.kind = w.kind AND x.grp = n.child WHERE x.grp IS NULL)
  SELECT kind, root, grp FROM walk;
CREATE UNLOGGED TABLE nearest AS SELECT DISTINCT w.kind, w.root AS grp, d.account FROM way w JOIN direct d ON d.grp = w.grp;
CREATE UNLOGGED TABLE below AS
  WITH RECURSIVE walk (root, grp) AS (
    SELECT DISTINCT grp, grp FROM governed
    UNION
    SELECT w.root, n.child FROM walk w JOIN nested n ON n.parent = w.grp)
  SELECT root, grp FROM walk;
CREATE UNLOGGED TABLE effective AS SELECT DISTINCT b.root AS grp, d.account FROM below b JOIN direct d ON d.grp = b.grp;
CREATE UNLOGGED TABLE privileged_account AS
  SELECT DISTINCT account FROM effective WHERE grp IN (SELECT grp FROM governed WHERE kind = 'privileged');
CREATE UNLOGGED TABLE listed AS
  SELECT d.grp, d.account FROM governed k JOIN direct d ON d.grp = k.grp WHERE k.kind = 'privileged';
ANALYZE listed;
CREATE UNLOGGED TABLE entitled AS
  WITH subject_of AS MATERIALIZED (
    SELECT DISTINCT c.id, n.grp, n.account
    FROM conf_entitlement c JOIN grp g ON g.name = c.grp JOIN nearest n ON n.grp = g.id WHERE NOT c.required),
  place AS MATERIALIZED (
    SELECT c.*, lower(p.department) AS department, lower(p.title) AS title
    FROM subject_of c JOIN subject s ON s.id = c.account LEFT JOIN owned o ON o.type = 'account' AND o.id = s.id
    JOIN person p ON p.id = coalesce(s.person, o.person))
  SELECT DISTINCT p.grp, p.account
  FROM place p JOIN conf_allowed w ON w.id = p.id
  WHERE (w.department IS NULL OR p.department LIKE w.department) AND (w.title IS NULL OR p.title LIKE w.title);
CREATE UNIQUE INDEX ON privileged_account (account);
CREATE UNIQUE INDEX ON entitled (grp, account);
ANALYZE entitled;
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
INSERT INTO finding (control, subject) SELECT 'account-expired-enabled', name FROM judged
  WHERE is_people AND enabled AND :as_of - expires > 30 * 86400;
INSERT INTO finding (control, subject) SELECT 'privileged-password-old', name FROM judged
  WHERE privileged AND usable AND :as_of - password_changed > 365 * 86400;
INSERT INTO finding (control, subject) SELECT 'contractor-expired', name FROM judged
  WHERE is_people AND usable AND kind IN ('contractor', 'external', 'supplier', 'partner') AND contract_end <= :as_of;

INSERT INTO finding (control, subject) SELECT 'leaver-recorded-late', name FROM person WHERE recorded_at > left_at;
INSERT INTO finding (control, subject) SELECT 'person-without-account', name FROM person p
  WHERE left_at IS NULL AND status <> 'pre-start' AND begins > 0 AND :as_of - begins > 5 * 86400
    AND NOT EXISTS (SELECT 1 FROM candidate c WHERE c.person = p.id);
INSERT INTO finding (control, subject) SELECT 'duplicate-account', name FROM person
  WHERE id IN (SELECT person FROM judged WHERE is_people AND usable AND person IS NOT NULL GROUP BY person, class HAVING count(*) > 1);
INSERT INTO finding (control, subject) SELECT 'worker-disabled', p.name
  FROM person p JOIN judged a ON a.person = p.id
  WHERE a.is_people AND p.left_at IS NULL AND p.begins <= :as_of AND p.status NOT IN ('leave', 'pre-start')
  GROUP BY p.id, p.name, p.begins
  HAVING NOT bool_or(a.usable) AND bool_and(coalesce(a.expires, :as_of + 1) <= :as_of)
     AND :as_of - greatest(max(a.expires), p.begins) > 86400;
INSERT INTO finding (control, subject) SELECT 'contractor-without-end', p.name
  FROM person p LEFT JOIN person s ON s.hr_id = p.sponsor_id
  WHERE p.kind IN ('contractor', 'external', 'supplier', 'partner') AND p.left_at IS NULL AND coalesce(p.contract_end, :as_of + 1) > :as_of
    AND (p.contract_end IS NULL OR s.id IS NULL OR s.left_at IS NOT NULL);

INSERT INTO finding (control, subject) SELECT 'service-without-owner', name FROM owned
  WHERE type = 'account' AND subject_usable AND owner_account IS NULL AND owner_group IS NULL;
INSERT INTO finding (control, subject) SELECT 'owner-left', name FROM owned WHERE subject_usable AND has_left;

INSERT INTO finding SELECT 'privileged-unapproved', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp
  WHERE n.kind = 'privileged' AND s.usable
    AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.is_valid AND v.grp = n.grp AND v.account = s.id);
INSERT INTO finding (control, subject) SELECT 'shared-unapproved', s.name FROM subject s
  WHERE s.class = 'shared' AND s.usable AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.is_valid AND v.account = s.id);
INSERT INTO finding SELECT 'privileged-nested', s.name, g.name
  FROM effective e JOIN governed k ON k.grp = e.grp AND k.kind = 'privileged' JOIN subject s ON s.id = e.account JOIN grp g ON g.id = e.grp
  WHERE s.usable AND NOT EXISTS (SELECT 1 FROM listed d WHERE d.grp = e.grp AND d.account = e.account);
INSERT INTO finding (control, subject) SELECT 'privileged-too-many', g.name
  FROM (SELECT e.grp, count(*) AS n FROM effective e JOIN subject s ON s.id = e.account WHERE s.usable GROUP BY e.grp) AS c
  JOIN governed k ON k.kind = 'privileged' AND k.grp = c.grp JOIN grp g ON g.id = c.grp
  WHERE c.n > 50 OR (c.n >= 5 AND c.n * 100 > 10 * (SELECT count(*) FROM subject WHERE usable));
INSERT INTO finding (control, subject) SELECT 'privileged-daily', name FROM judged WHERE privileged AND usable AND class = 'person';
INSERT INTO finding SELECT 'approval-expired', s.name, g.name
  FROM verdict v JOIN subject s ON s.id = v.account JOIN grp g ON g.id = v.grp
  WHERE NOT v.is_valid AND s.usable AND EXISTS (SELECT 1 FROM nearest n WHERE n.grp = v.grp AND n.account = v.account)
    AND NOT EXISTS (SELECT 1 FROM entitled e WHERE e.grp = v.grp AND e.account = v.account)
    AND NOT (s.ambiguous AND g.name IN (SELECT grp FROM conf_entitlement));
INSERT INTO finding SELECT 'excess-privilege', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp
  WHERE n.kind = 'entitlement' AND s.usable AND NOT s.ambiguous
    AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.is_valid AND v.grp = n.grp AND v.account = n.account)
    AND NOT EXISTS (SELECT 1 FROM entitled e WHERE e.grp = n.grp AND e.account = n.account);
INSERT INTO finding SELECT DISTINCT 'leaver-rights', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp
  LEFT JOIN governed k ON k.kind = 'privileged' AND k.grp = n.grp
  WHERE NOT s.usable AND s.class IN ('person', 'admin', 'guest') AND :as_of - s.left_at > CASE WHEN k.grp IS NULL THEN 30 ELSE 1 END * 86400;
INSERT INTO finding SELECT DISTINCT 'group-foreign-member', s.name, g.name
  FROM nearest n JOIN subject s ON s.id = n.account JOIN grp g ON g.id = n.grp WHERE s.usable AND s.class = 'guest';
CREATE UNLOGGED TABLE place AS
  SELECT row_number() OVER ()::int AS id, department, title, count(*) - 1 AS n_others
  FROM (SELECT lower(department) AS department, lower(title) AS title FROM person
        WHERE left_at IS NULL AND begins <= :as_of AND status <> 'pre-start') AS p
  GROUP BY department, title HAVING count(*) > 8;
CREATE UNLOGGED TABLE here AS
  SELECT p.id AS person, l.id AS place, l.n_others
  FROM person p JOIN place l ON l.department = lower(p.department) AND l.title = lower(p.title)
  WHERE p.left_at IS NULL AND p.begins <= :as_of AND p.status <> 'pre-start';
CREATE UNIQUE INDEX ON here (person);
ANALYZE here;
CREATE UNLOGGED TABLE held AS
  SELECT o.grp, h.place, count(*) - 1 AS n_holding
  FROM (SELECT DISTINCT e.grp, s.person FROM effective e JOIN subject s ON s.id = e.account WHERE s.usable) AS o
  JOIN here h ON h.person = o.person GROUP BY o.grp, h.place;
CREATE UNLOGGED TABLE place_right AS
  SELECT DISTINCT n.grp, s.name, h.place, h.n_others
  FROM nearest n JOIN judged s ON s.id = n.account JOIN here h ON h.person = s.person WHERE s.usable AND s.is_people;
ANALYZE held;
ANALYZE place_right;
INSERT INTO finding SELECT 'peer-outlier', r.name, g.name
  FROM place_right r JOIN held k ON k.grp = r.grp AND k.place = r.place JOIN grp g ON g.id = r.grp
  WHERE k.n_holding * 10 <= r.n_others;
INSERT INTO finding SELECT 'segregation-conflict', p.name, r.id
  FROM (SELECT c.id, s.person
        FROM conf_segregation c JOIN grp g ON g.name = c.grp JOIN effective e ON e.grp = g.id JOIN subject s ON s.id = e.account
        WHERE s.usable AND s.person IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conf_except x WHERE x.id = c.id AND x.person = s.hr_id)
        GROUP BY c.id, s.person HAVING count(DISTINCT c.side) = 2) AS r JOIN person p ON p.id = r.person;

INSERT INTO finding (control, subject) SELECT 'group-without-owner', name FROM owned
  WHERE type = 'group' AND owner_account IS NULL AND owner_group IS NULL AND id IN (SELECT grp FROM governed);
INSERT INTO finding (control, subject) SELECT 'member-unknown', g.name
  FROM grp g WHERE g.id IN (SELECT w.root FROM way w JOIN unknown u ON u.grp = w.grp);
INSERT INTO finding (control, subject)
  WITH RECURSIVE reach (outer_group, inner_group) AS (
    SELECT parent, child FROM nested WHERE parent <> child
    UNION
    SELECT r.outer_group, n.child FROM reach r JOIN nested n ON n.parent = r.inner_group),
  round_trip AS (SELECT a.outer_group AS grp, a.inner_group AS other
                 FROM reach a JOIN reach b ON b.outer_group = a.inner_group AND b.inner_group = a.outer_group),
  loops AS (SELECT min(g.key) AS key FROM round_trip t JOIN grp g ON g.id = t.other GROUP BY t.grp HAVING count(*) > 1)
  SELECT 'group-loop', name FROM grp WHERE key IN (SELECT key FROM loops);

INSERT INTO finding (control, subject) SELECT 'asset-without-owner', name FROM thing WHERE status NOT IN ('retired', 'lost') AND owner IS NULL;
INSERT INTO finding (control, subject) SELECT 'asset-owner-left', t.name
  FROM asset t LEFT JOIN gone o ON o.who = t.owner LEFT JOIN gone c ON c.who = t.custodian
  WHERE status NOT IN ('retired', 'lost') AND (o.who IS NOT NULL OR c.who IS NOT NULL);
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
INSERT INTO finding (control, subject)
  WITH present AS (SELECT * FROM asset WHERE status NOT IN ('retired', 'lost')),
  host AS (SELECT id, split_part(lower(hostname), '.', 1) AS label, CASE WHEN hostname LIKE '%.%' THEN lower(hostname) ELSE '' END AS full_name
           FROM present WHERE hostname IS NOT NULL AND kind NOT IN ('application', 'information', 'service')),
  label AS (SELECT label, count(DISTINCT nullif(full_name, '')) AS n_names FROM host GROUP BY label HAVING count(*) > 1),
  shared AS (
    SELECT min(id) AS id FROM present WHERE serial IS NOT NULL GROUP BY lower(serial) HAVING count(*) > 1
    UNION
    SELECT min(h.id) FROM host h JOIN label l ON l.label = h.label
    GROUP BY h.label, CASE WHEN l.n_names > 1 THEN h.full_name END HAVING count(*) > 1)
  SELECT 'asset-duplicate', a.name FROM shared s JOIN asset a ON a.id = s.id;
INSERT INTO finding (control, subject) SELECT 'asset-unclassified', name FROM asset
  WHERE status NOT IN ('retired', 'lost') AND kind IN ('application', 'information', 'service') AND classification IS NULL;
INSERT INTO finding (control, subject) SELECT 'asset-audit-overdue', name FROM asset
  WHERE status NOT IN ('retired', 'lost') AND day_end(next_audit) <= :as_of;
INSERT INTO finding (control, subject) SELECT 'asset-loan-overdue', name FROM asset
  WHERE status = 'loan' AND :as_of - day_end(due_back) > 7 * 86400;
INSERT INTO finding (control, subject) SELECT 'asset-access-unknown', a.name FROM asset a
  WHERE a.status NOT IN ('retired', 'lost')
    AND a.id IN (SELECT n.asset FROM access_name n LEFT JOIN grp g ON g.name = n.named WHERE g.id IS NULL);
INSERT INTO finding (control, subject) SELECT 'computer-unregistered', name
  FROM computer c WHERE c.usable AND :as_of - c.last_use <= 7 * 86400 AND NOT EXISTS (SELECT 1 FROM thing t WHERE t.computer = c.id);

INSERT INTO finding (control, subject) SELECT 'review-overdue', g.name FROM (
    SELECT x.grp FROM access x JOIN asset a ON a.id = x.asset
    GROUP BY x.grp HAVING :as_of - max(day_end(a.last_review)) > coalesce(min(a.review_every_days), 180) * 86400) AS r JOIN grp g ON g.id = r.grp;
INSERT INTO finding (control, subject) SELECT 'review-overdue', a.name FROM asset a
  WHERE a.review_every_days IS NOT NULL AND NOT EXISTS (SELECT 1 FROM access x WHERE x.asset = a.id)
    AND :as_of - day_end(a.last_review) > a.review_every_days * 86400;
