//! The status columns of the studio, each in order toward completion: Version, Task and Shot, and what stands around them.

/// One status as one entity type knows it.
pub(crate) struct Status {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

const fn status(code: &'static str, name: &'static str) -> Status {
    Status { code, name }
}

/// The statuses of an entity type with the code that a new record gets; none where the type has no status column.
pub(crate) fn of(kind: &str) -> Option<(&'static [Status], &'static str)> {
    match kind {
        "Version" => Some((VERSION, "rev")),
        "Task" => Some((TASK, "wtg")),
        "Shot" => Some((SHOT, "awa")),
        "Asset" => Some((ASSET, "wtg")),
        "Sequence" | "Episode" => Some((CHAPTER, "wtg")),
        "Note" => Some((NOTE, "opn")),
        "HumanUser" | "ApiUser" => Some((ACCOUNT, "act")),
        _ => None,
    }
}

static VERSION: &[Status] = &[
    status("na", "N/A"),
    status("cnv", "Check New Version"),
    status("bkdn", "BKD Note"),
    status("stcomp", "Step Completed"),
    status("sndwip", "Send WIP"),
    status("sndv0", "Send v000"),
    status("sndcli", "Sent to Client"),
    status("rqc", "Ready for QC"),
    status("qckbk", "QC Kickback"),
    status("rev", "Pending Client Review"),
    status("note", "Client Note"),
    status("hero", "Hero Shot"),
    status("apv", "Client Approved"),
    status("pdrr", "Pending Second Review"),
];

static TASK: &[Status] = &[
    status("omt", "Omit"),
    status("hld", "On Hold"),
    status("wtg", "Waiting to Start"),
    status("rdy", "Ready to Start"),
    status("per", "Pull Error"),
    status("ip", "In Progress"),
    status("ncl", "Needs Clarification"),
    status("nwmdia", "New Media"),
    status("ndrp", "Needs Prep"),
    status("reqapv", "Prep Request Approved"),
    status("ofr", "Out For Prep"),
    status("bfr", "Back From Prep"),
    status("cnv", "Check New Version"),
    status("adn", "Address New Notes"),
    status("stcomp", "Step Completed"),
    status("sndcli", "Send to Client"),
    status("qckbk", "QC Kickback"),
    status("rev", "Pending Client Review"),
    status("apv", "Client Approved"),
    status("di", "Delivered to DI"),
];

static SHOT: &[Status] = &[
    status("omt", "Omit"),
    status("bid", "Bidding"),
    status("hld", "On Hold"),
    status("repull", "Re-Pull"),
    status("media", "Awaiting Media"),
    status("awa", "Awaiting Assignment"),
    status("actv", "Active"),
    status("rev", "Pending Client Review"),
    status("apv", "Client Approved"),
    status("di", "Delivered to DI"),
    status("final", "Final"),
];

static ASSET: &[Status] = &[
    status("wtg", "Waiting to Start"),
    status("ip", "In Progress"),
    status("fin", "Final"),
];

/// A Sequence or an Episode.
static CHAPTER: &[Status] = &[
    status("omt", "Omit"),
    status("hld", "On Hold"),
    status("wtg", "Waiting to Start"),
    status("ip", "In Progress"),
    status("apv", "Client Approved"),
    status("fin", "Final"),
];

static NOTE: &[Status] = &[
    status("opn", "Open"),
    status("ip", "In Progress"),
    status("clsd", "Closed"),
];

static ACCOUNT: &[Status] = &[status("act", "Active"), status("dis", "Disabled")];

/// Codes that a project hides. ShotGrid REST: hidden values are shown by the schema and not enforced on write.
pub(crate) fn hidden(kind: &str, project: i64) -> &'static [&'static str] {
    match (kind, project) {
        ("Version", crate::seed::SECOND_PROJECT) => &["sndv0", "pdrr"],
        ("Task", crate::seed::SECOND_PROJECT) => &["reqapv", "ofr"],
        ("Shot", crate::seed::SECOND_PROJECT) => &["bid"],
        _ => &[],
    }
}

/// Every code of the site once, with the first name it has and its colour: a Status row has one name site-wide.
pub(crate) fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut rows: Vec<(&str, &str, &str)> = Vec::new();
    for column in [VERSION, TASK, SHOT, ASSET, CHAPTER, NOTE, ACCOUNT] {
        for status in column {
            if !rows.iter().any(|(code, ..)| *code == status.code) {
                rows.push((status.code, status.name, colour(status.code)));
            }
        }
    }
    rows
}

/// Warm for what comes back, blue for work, violet for review, green toward delivery, grey for what rests.
fn colour(code: &str) -> &'static str {
    match code {
        "na" => "188,188,188",
        "omt" => "120,120,124",
        "hld" => "156,146,128",
        "dis" | "clsd" => "140,140,140",
        "wtg" => "208,208,204",
        "bid" => "222,210,188",
        "awa" => "198,212,222",
        "media" => "214,200,226",
        "repull" => "232,172,120",
        "rdy" => "178,222,238",
        "ip" => "98,168,229",
        "actv" | "act" => "82,148,226",
        "per" => "214,84,76",
        "ncl" => "240,200,80",
        "nwmdia" => "150,200,196",
        "ndrp" => "226,186,140",
        "reqapv" => "206,196,120",
        "ofr" => "170,180,216",
        "bfr" => "122,204,190",
        "cnv" => "250,220,92",
        "bkdn" => "240,140,84",
        "adn" => "244,156,96",
        "note" => "232,104,92",
        "qckbk" => "206,92,128",
        "stcomp" => "158,206,106",
        "sndwip" => "176,164,232",
        "sndv0" => "196,184,240",
        "sndcli" => "152,128,222",
        "rqc" => "228,150,196",
        "rev" => "134,102,206",
        "pdrr" => "178,116,206",
        "hero" => "242,190,48",
        "apv" => "92,184,92",
        "di" => "44,150,108",
        "final" | "fin" => "26,120,80",
        _ => "240,128,128",
    }
}
