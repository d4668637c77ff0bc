"""The tables, views and rules of a catalogue; docs/catalogue.md says what they hold."""

TABLES = """
create table branches (
  branch text primary key not null,
  branch_order integer not null,
  first_release_on text not null,
  long_term_support integer,
  maintained_until text,
  stated_in text references releases (version),
  checked_on text not null
);
create table releases (
  version text primary key not null,
  version_order integer not null,
  branch text not null references branches (branch),
  released_on text not null,
  commit_id text,
  sha256 text,
  vanished_on text
);
create table bugs (
  id text primary key not null,
  severity text not null,
  subsystem text not null,
  program text,
  kind text not null,
  evidence_tier text not null,
  runtime integer,
  reviewed integer not null,
  title text,
  summary text,
  trigger text,
  subject_kind text not null,
  message_kind text not null,
  subject_key text not null,
  first_merged_on text not null
);
create table advisories (
  bug_id text primary key not null references bugs (id),
  kind text not null,
  growth text,
  runtime integer,
  needs_oom integer not null,
  bounded integer not null,
  summary text not null,
  trigger text,
  workaround text,
  confidence text not null,
  said_by text not null,
  since_commit text,
  since_version text,
  since_order integer,
  related text,
  issues text
);
create table advisory_objects (
  bug_id text not null references advisories (bug_id),
  position integer not null,
  name text not null,
  pool text,
  size integer,
  primary key (bug_id, position)
);
create table advisory_conditions (
  bug_id text not null references advisories (bug_id),
  kind text not null,
  position integer not null,
  condition text not null,
  primary key (bug_id, kind, position)
);
create table bug_issues (
  bug_id text not null references bugs (id),
  issue integer not null,
  primary key (bug_id, issue)
);
create table fixes (
  branch text not null references branches (branch),
  commit_id text not null,
  bug_id text not null references bugs (id),
  position integer not null,
  mainline_commit text,
  subject_key text not null,
  merged_on text not null,
  severity text not null,
  subsystem text not null,
  fixed_in text references releases (version),
  cured_in text references releases (version),
  fix_state text not null,
  decides integer not null,
  introduced_by text,
  introduced_in text references releases (version),
  reverted_by text,
  reverted_in text references releases (version),
  reapplied_by text,
  reapplied_in text references releases (version),
  backport_to text,
  issues text,
  subject_kind text not null,
  message_kind text not null,
  runtime integer,
  title text,
  vanished_on text,
  primary key (branch, commit_id)
);
create table provenance (
  id integer primary key not null,
  source text not null,
  origin text not null,
  data_as_of text not null,
  built_at text not null,
  tool_version text not null
);
create table pools (
  position integer primary key not null,
  branch text not null,
  version text not null,
  build text not null,
  pool text not null,
  size integer not null,
  size_untagged integer,
  merged_into text not null,
  merged_size integer not null,
  merges integer not null,
  configured integer not null
);
create table never_fixed (
  branch text not null references branches (branch),
  bug_id text not null,
  severity text not null,
  claim text not null,
  older_branch text,
  older_commit text,
  newer_branch text not null,
  newer_commit text not null,
  newer_merged_on text not null,
  backport_to text,
  introduced_in text references releases (version),
  checked_in text not null references releases (version),
  evidence text not null,
  primary key (branch, bug_id)
);
create table pages (
  path text primary key not null,
  etag text not null,
  last_modified text not null
);
create table runs (
  id integer primary key not null,
  command text not null,
  origin text not null,
  started_at text not null,
  ended_at text not null,
  outcome text not null,
  requests integer not null,
  new_releases integer not null,
  new_fixes integer not null,
  newly_released integer not null,
  taken_back integer not null,
  vanished integer not null,
  messages text not null
);
create unique index releases_of_a_branch on releases (branch, version_order);
create unique index fixes_of_a_branch on fixes (branch, position);
create index fixes_of_a_bug on fixes (bug_id, branch);
create index fixes_by_subject on fixes (subject_key);
create index pools_of_a_branch on pools (branch);
create index bugs_by_kind on bugs (kind);
create index bugs_by_issue on bug_issues (issue);
"""
VIEWS = {
    # One row per release and flaw that affects it; the same rule as advisory.matcher.
    "release_bugs": """
        select r.version, r.version_order, f.bug_id,
          case when exists (
            select 1 from fixes lost
              join releases held on held.version = lost.fixed_in
              left join releases taken on taken.version = lost.reverted_in
            where lost.branch = f.branch and lost.bug_id = f.bug_id and lost.reverted_by is not null
              and held.version_order <= r.version_order
              and (taken.version_order is null or taken.version_order > r.version_order)
          ) then 'possible' else 'affected' end as verdict,
          b.kind, b.evidence_tier, b.runtime, f.severity, f.subsystem, b.title, b.summary, f.branch,
          f.commit_id, f.merged_on, f.introduced_in, f.cured_in, f.fix_state
        from releases r
          join fixes f on f.branch = r.branch
          join bugs b on b.id = f.bug_id
          left join releases cured on cured.version = f.cured_in
          left join releases entered on entered.version = f.introduced_in
          left join advisories a on a.bug_id = f.bug_id
        where f.decides = 1 and b.program is null
          and (f.fix_state <> 'reverted' or coalesce(a.since_order, 0) <= r.version_order)
          and (cured.version_order is null or cured.version_order > r.version_order)
          and (entered.version_order is null or entered.version_order <= r.version_order)
    """,
    # One row per release; runtime_leaks are those known to grow in a serving process.
    "release_leaks": """
        select r.version, r.version_order, count(l.bug_id) as memory_leaks,
          coalesce(sum(l.runtime), 0) as runtime_leaks
        from releases r
          left join release_bugs l on l.version = r.version and l.kind = 'memory-leak'
        group by r.version, r.version_order
    """,
    # As haproxy.org's page of a release counts: every fix merged into the branch after it.
    "release_totals": """
        select r.version, r.version_order, f.severity, count(*) as known_bugs
        from releases r
          join fixes f on f.branch = r.branch
          left join releases held on held.version = f.fixed_in
        where held.version_order is null or held.version_order > r.version_order
        group by r.version, r.version_order, f.severity
    """,
}
# What no foreign key can say: a sentence, and a query of the facts that contradict it.
RULES = {
    "a branch has a release": """
        select branch from branches where branch not in (select branch from releases)
    """,
    "a release belongs to the branch of its version": """
        select version from releases where version not like branch || '.%'
    """,
    "a fix names releases of its own branch": """
        select f.branch || ' ' || f.commit_id from fixes f
          join releases r on r.version in
            (f.fixed_in, f.introduced_in, f.reverted_in, f.reapplied_in)
        where r.branch <> f.branch
    """,
    "fixes stand in the order of the releases that hold them": """
        select f.branch || ' ' || f.commit_id from fixes f
          left join releases r on r.version = f.fixed_in
          join fixes g on g.branch = f.branch and g.position = f.position + 1
          left join releases s on s.version = g.fixed_in
        where s.version is not null
          and (r.version is null or r.version_order > s.version_order)
    """,
}
