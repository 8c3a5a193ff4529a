"""Drives a practice site with the unmodified shotgun_api3. Usage: shotgun_api3_check.py URL"""

import sys
import time

import shotgun_api3

URL = sys.argv[1]
sg = shotgun_api3.Shotgun(URL, script_name="practice", api_key="practice")
assert sg.server_info["version"] == [8, 89, 0], sg.server_info

shot = sg.find_one("Shot", [["code", "is", "SQ010_0010"]], ["code", "sg_status_list", "sg_sequence", "tasks"])
assert shot["code"] == "SQ010_0010" and shot["sg_sequence"]["name"] == "SQ010", shot
assert len(shot["tasks"]) == 7, shot
assert sg.find_one("Shot", [["code", "is", "nowhere"]]) is None

tasks = sg.find(
    "Task",
    [["entity", "is", shot], ["step.Step.short_name", "in", ["CMP", "ROT"]]],
    ["content", "step.Step.code", "entity.Shot.code", "upstream_tasks", "created_at"],
    order=[{"field_name": "content", "direction": "asc"}],
)
assert [task["content"] for task in tasks] == ["Composite", "Rotoscoping"], tasks
assert tasks[0]["step.Step.code"] == "Composite" and tasks[0]["entity.Shot.code"] == "SQ010_0010", tasks
assert tasks[0]["created_at"].year == 2026, tasks

either = {"filter_operator": "any", "filters": [["id", "is", tasks[0]["id"]], ["id", "is", tasks[1]["id"]]]}
assert len(sg.find("Task", [either])) == 2

counted = sg.summarize(
    "Task",
    [["project", "is", {"type": "Project", "id": 122}]],
    [{"field": "id", "type": "count"}],
    grouping=[{"field": "entity", "type": "exact", "direction": "asc"}],
)
assert counted["summaries"]["id"] == len(sg.find("Task", [["project", "is", {"type": "Project", "id": 122}]])), counted
assert counted["groups"][0]["group_name"] == "SQ010_0010", counted["groups"][0]

version = sg.create(
    "Version",
    {
        "code": "SQ010_0010_cmp_v099",
        "project": {"type": "Project", "id": 122},
        "entity": shot,
        "sg_task": {"type": "Task", "id": tasks[0]["id"]},
        "sg_status_list": "cnv",
    },
    return_fields=["sg_task", "created_by"],
)
assert version["sg_status_list"] == "cnv" and version["sg_task"]["name"] == "Composite", version
assert version["created_by"]["name"] == "practice 1.0", version

updated = sg.update("Task", tasks[0]["id"], {"sg_status_list": "cnv"})
assert updated["sg_status_list"] == "cnv", updated

try:
    sg.update("Task", tasks[0]["id"], {"sg_status_list": "Final"})
    raise AssertionError("a label is not a status")
except shotgun_api3.Fault as fault:
    assert "Valid statuses:" in str(fault), fault

try:
    shotgun_api3.Shotgun(URL, script_name="practice", api_key="wrong").find_one("Shot", [])
    raise AssertionError("a wrong key got in")
except shotgun_api3.AuthenticationFault as fault:
    assert "Can't authenticate script 'practice'" in str(fault), fault

batched = sg.batch(
    [
        {"request_type": "update", "entity_type": "Task", "entity_id": tasks[1]["id"], "data": {"sg_status_list": "ncl"}},
        {"request_type": "update", "entity_type": "Version", "entity_id": version["id"], "data": {"sg_status_list": "bkdn"}},
        {
            "request_type": "create",
            "entity_type": "Note",
            "data": {"subject": "From a batch", "project": {"type": "Project", "id": 122}, "note_links": [version]},
        },
    ]
)
assert batched[0]["sg_status_list"] == "ncl" and batched[2]["type"] == "Note", batched
assert sg.delete("Note", batched[2]["id"]) is True
trash = [["id", "is", batched[2]["id"]]]
assert sg.find_one("Note", trash) is None
assert sg.find_one("Note", trash, ["subject"], retired_only=True)["subject"] == "From a batch"
assert sg.revive("Note", batched[2]["id"]) is True

sequence = sg.find_one("Sequence", [["shots", "is", shot]], ["sg_status_list", "episode.Episode.code"])
assert sequence["sg_status_list"] == "ip" and sequence["episode.Episode.code"] == "EP101", sequence
waiting = sg.find("Task", [["upstream_tasks", "in", [tasks[0], tasks[1]]]], ["step.Step.list_order"])
assert [task["step.Step.list_order"] for task in waiting] == [60, 70], waiting

people = sg.find("HumanUser", [["name", "in", ["Claire Beaumont", "Minh Tran"]]])
sg.update("Task", tasks[0]["id"], {"task_assignees": people[:1]})
sg.update("Task", tasks[0]["id"], {"task_assignees": people[1:]}, multi_entity_update_modes={"task_assignees": "add"})
assert len(sg.find_one("Task", [["id", "is", tasks[0]["id"]]], ["task_assignees"])["task_assignees"]) == 2

schema = sg.schema_field_read("Task", "sg_status_list", project_entity={"type": "Project", "id": 123})
properties = schema["sg_status_list"]["properties"]
assert "rdy" in properties["valid_values"]["value"], properties
assert properties["hidden_values"]["value"] == ["reqapv", "ofr"], properties
assert "Shot" in sg.schema_entity_read()
assert "content" in sg.schema_read()["Task"]

deadline = time.monotonic() + 20
while True:
    rows = sg.find(
        "EventLogEntry",
        [["id", "greater_than", 0], ["event_type", "is", "Shotgun_Task_Change"]],
        ["event_type", "attribute_name", "meta", "entity", "user", "project", "created_at"],
        order=[{"field_name": "id", "direction": "asc"}],
    )
    if len(rows) >= 2:
        break
    assert time.monotonic() < deadline, rows
assert rows[0]["meta"]["new_value"] == "cnv" and rows[0]["user"]["type"] == "ApiUser", rows[0]
