"""Reads a practice site's event log with the calls that shotgunEventDaemon.py makes, through the unmodified shotgun_api3.

Usage: event_daemon_check.py URL. Says "ready" with the newest id, takes one line with the ids to be seen, and answers
with what it saw.
"""

import datetime
import json
import sys
import time

import shotgun_api3

BATCH = 500
FIELDS = ["id", "event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"]

url = sys.argv[1]
reader = shotgun_api3.Shotgun(url, "practice", "practice", http_proxy=None)
writer = shotgun_api3.Shotgun(url, "practice", "practice", http_proxy=None)

# Where the daemon begins when it has no state: at the newest row, which it takes for granted.
newest = reader.find_one("EventLogEntry", filters=[], fields=["id"], order=[{"column": "id", "direction": "desc"}])
last = newest["id"]
print(json.dumps({"ready": last}), flush=True)
wanted = set(json.loads(sys.stdin.readline()))

seen, answers, missing = {}, [], set()
deadline = time.monotonic() + 60
while not wanted <= seen.keys():
    assert time.monotonic() < deadline, sorted(wanted - seen.keys())
    begin = min([last + 1, *missing])
    events = reader.find(
        "EventLogEntry",
        [["id", "greater_than", begin - 1]],
        FIELDS,
        [{"column": "id", "direction": "asc"}],
        limit=BATCH,
    )
    ids = [event["id"] for event in events]
    assert ids == sorted(ids) and len(ids) <= BATCH, ids
    assert not ids or ids[0] >= begin, (begin, ids[0])
    answers.append(len(events))
    for event in events:
        missing.discard(event["id"])
        if event["id"] in seen:
            continue
        assert isinstance(event["created_at"], datetime.datetime) and event["created_at"].tzinfo, event
        assert set(FIELDS) < event.keys() and event["type"] == "EventLogEntry", event
        assert event["user"]["name"] and event["entity"]["name"] and event["project"]["name"], event
        seen[event["id"]] = event
        # What is left out is waited for: it may be late.
        missing.update(range(last + 1, event["id"]))
        last = max(last, event["id"])
    if len(events) < BATCH:
        time.sleep(0.05)

# A callback's own connection passes the session of its event on, so that this person's pages refresh.
event = next(event for event in seen.values() if event["meta"]["entity_type"] == "Task" and event["session_uuid"])
writer.set_session_uuid(event["session_uuid"])
writer.update("Task", event["meta"]["entity_id"], {"sg_status_list": "ncl"})
print(json.dumps({"answers": answers, "session": event["session_uuid"]}), flush=True)
