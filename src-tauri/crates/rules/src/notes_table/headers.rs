//! What headers say.

use callboard_model::EntityType;

/// The headers of names, as `folded` spells them, and the type of entity they speak of. A table may have several: the line
/// further up counts, and within one line it cannot be told.
pub(super) const NAMES: &[(Option<&str>, &str)] = &[
    (Some(EntityType::VERSION), "version versions versionname versioncode"),
    (
        Some(EntityType::SHOT),
        "shot shots shotname shotcode shotid shotno shotnumber vfxshot vfxid vfxcode vfxshotcode vfxshotid",
    ),
    (Some("Asset"), "asset assets assetname assetcode"),
    (None, "entity entityname name code"),
    (None, "link links linkedto item clip clipname filename file"),
    // A Task's name is only its Shot's or Asset's together with it.
    (Some(EntityType::TASK), "task tasks taskname"),
];

/// The headers of notes, in lines as those of names.
pub(super) const NOTES: &[&str] = &[
    "clientnote clientnotes clientcomment clientcomments clientfeedback clientremarks notesfromclient",
    "note notes comment comments feedback remark remarks statusnote statusnotes reviewnote reviewnotes notescomments \
     commentsnotes notebody body",
];

/// The headers of those who wrote the notes.
pub(super) const AUTHORS: &[&str] = &[
    "author noteauthor notesauthor noteby notesby notefrom notesfrom commentby commentsby",
    "by from givenby reviewer reviewedby",
    "client clientname",
];

/// The headers of types.
pub(super) const KINDS: &[&str] = &["entitytype linktype", "type kind"];

/// Whether a line of headers has this one.
pub(super) fn is_one_of(folded: &str, line: &str) -> bool {
    line.split(' ').any(|word| word == folded)
}

/// A header's letters and digits: neither case nor what stands between the words makes a difference.
pub(super) fn folded(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a header speaks of notes and otherwise only of whose or when: "Notes 03/05", "Director's review notes". "Notes
/// by" and "internal notes" are something else.
pub(super) fn speaks_of_notes(header: &str) -> bool {
    const NOTES: &str = "note notes comment comments feedback remarks";
    const COMPANIONS: &str = "and client daily dailies director from latest new of on our review round session status studio \
                              sup supervisor the vfx your";
    const MONTHS: &str = "jan feb mar apr may jun jul aug sep oct nov dec";
    let dated = |word: &str| {
        word.contains(|c: char| c.is_ascii_digit()) || MONTHS.split(' ').any(|month| word.starts_with(month))
    };
    let lower = header.to_lowercase();
    // Of "client's" remains a single letter.
    let words = || {
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 1 || dated(word))
    };
    words().any(|word| is_one_of(word, NOTES))
        && words().all(|word| is_one_of(word, NOTES) || is_one_of(word, COMPANIONS) || dated(word))
}

/// The type of entity that a header of names speaks of.
pub(super) fn kind_of_header(header: &str) -> Option<EntityType> {
    let header = folded(header);
    let (kind, _) = NAMES.iter().find(|(_, line)| is_one_of(&header, line))?;
    kind.map(EntityType::from)
}

/// The type of entity that a cell speaks of, if it is one that client's notes are about.
pub(super) fn kind_of_cell(cell: &str) -> Option<EntityType> {
    const OTHERS: [&str; 4] = ["Asset", "Sequence", "Episode", "Scene"];
    let word = folded(cell);
    let word = word.strip_suffix('s').unwrap_or(&word);
    let kinds = [EntityType::VERSION, EntityType::SHOT, EntityType::TASK];
    let kind = kinds.into_iter().chain(OTHERS).find(|kind| folded(kind) == word)?;
    Some(EntityType::from(kind))
}
