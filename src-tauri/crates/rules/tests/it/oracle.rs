//! The status overhaul decided a second time, slowly, from the words of the studio's description alone.

/// A Shot with its one Task and the Task's one Version, as far as the studio's rules look at them.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Nothing: the Version has no Task.
    pub(crate) task: Option<TaskThere>,
}

#[derive(Clone, Debug)]
pub(crate) struct TaskThere {
    pub(crate) step: Option<String>,
    pub(crate) status: String,
    /// Nothing: what it belongs to is no Shot.
    pub(crate) shot: Option<String>,
}

/// What is set, in order: who and to what.
pub(crate) type Decision = Vec<(&'static str, String)>;

/// Rule 1.
fn task_for_version(version: &str) -> Option<&'static str> {
    match version {
        "cnv" => Some("cnv"),
        "bkdn" => Some("adn"),
        "stcomp" => Some("stcomp"),
        "sndwip" => Some("sndcli"),
        "sndv0" => Some("sndcli"),
        "sndcli" => Some("sndcli"),
        "qckbk" => Some("qckbk"),
        "rev" => Some("rev"),
        "note" => Some("adn"),
        "hero" => Some("apv"),
        "apv" => Some("apv"),
        "pdrr" => Some("rev"),
        _ => None,
    }
}

/// Rule 2.
fn shot_for_task(task: &str) -> Option<&'static str> {
    if [
        "rdy", "per", "ip", "ncl", "ofr", "bfr", "cnv", "stcomp", "sndcli", "adn", "qckbk",
    ]
    .contains(&task)
    {
        return Some("actv");
    }
    ["omt", "hld", "rev", "apv", "di"]
        .into_iter()
        .find(|same| *same == task)
}

fn move_shot(world: &World, task: &str, decision: &mut Decision) {
    let Some(has) = world.task.as_ref().and_then(|t| t.shot.as_ref()) else {
        return;
    };
    if let Some(wants) = shot_for_task(task) {
        // Rule 4.
        if has != wants {
            decision.push(("Shot", wants.to_owned()));
        }
    }
}

fn move_task(world: &World, version: &str, decision: &mut Decision) {
    let Some(task) = &world.task else { return };
    let Some(wants) = task_for_version(version) else { return };
    if task.status != wants {
        decision.push(("Task", wants.to_owned()));
        move_shot(world, wants, decision);
    }
}

pub(crate) fn version_became(world: &World, status: &str) -> Decision {
    let mut decision = Vec::new();
    move_task(world, status, &mut decision);
    decision
}

pub(crate) fn task_became(world: &World, status: &str) -> Decision {
    let mut decision = Vec::new();
    let step = world.task.as_ref().and_then(|t| t.step.as_deref());
    if step == Some("Composite") || step == Some("Secondary Composite") {
        move_shot(world, status, &mut decision);
    }
    decision
}

/// Rule 3.
pub(crate) fn version_made(world: &World, birth: &str) -> Decision {
    let mut decision = Vec::new();
    let step = world.task.as_ref().and_then(|t| t.step.as_deref());
    let checked = matches!(step, Some("Prep" | "Composite" | "Computer Graphics"));
    let wants = if checked { "cnv" } else { "na" };
    if birth != wants {
        decision.push(("Version", wants.to_owned()));
    }
    if checked {
        move_task(world, "cnv", &mut decision);
    }
    decision
}
