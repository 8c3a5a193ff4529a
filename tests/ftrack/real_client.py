"""Drives a practice ftrack with the unmodified ftrack-python-api. Usage: real_client.py CALLBOARD, the program to start.

Its last line counts in cargo's words, so that .ci/test adds it up with the others."""

import http.server
import json
import logging
import subprocess
import sys
import threading
import time
import unittest
import uuid

import ftrack_api
import ftrack_api.exception

NOT_STARTED = "44dd9fb2-4164-11df-9218-0019bb4983d8"
IN_PROGRESS = "44ddd0fe-4164-11df-9218-0019bb4983d8"
SECRET = "a-secret-of-more-than-thirty-two-characters"

# The client logs every refusal that it raises; here refusals are wanted.
logging.disable(logging.CRITICAL)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what webhooks bring."""

    got = []
    arrived = threading.Condition()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with Receiver.arrived:
            Receiver.got.append((self.path, dict(self.headers), json.loads(body)))
            Receiver.arrived.notify_all()
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    @staticmethod
    def wait_for(path, holds):
        """The first event at a path for which something holds."""

        def found():
            return next((got for got in Receiver.got if got[0] == path and holds(got[2]["entity"])), None)

        with Receiver.arrived:
            if not Receiver.arrived.wait_for(lambda: found() is not None, timeout=20):
                raise AssertionError(f"no such event came to {path}: {Receiver.got}")
            return found()


class RealClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.receiver = f"http://127.0.0.1:{server.server_port}"
        cls.practice = subprocess.Popen(
            [sys.argv[1], "practice", "--ftrack-hook", cls.receiver + "/made-at-start", "--ftrack-secret", SECRET],
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = json.loads(cls.practice.stdout.readline())
        cls.account = ready["ftrack"]
        cls.session = cls.connect()

    @classmethod
    def connect(cls, **options):
        return ftrack_api.Session(
            server_url=cls.account["url"],
            api_key=options.pop("api_key", cls.account["api_key"]),
            api_user=cls.account["user"],
            schema_cache_path=False,
            plugin_paths=[],
            **options,
        )

    @classmethod
    def tearDownClass(cls):
        cls.session.close()
        cls.practice.terminate()
        cls.practice.wait(timeout=10)

    def task(self, name="Composite"):
        return self.session.query(f'Task where name is "{name}" and parent.name is "SQ010_0010"').one()

    def test_connects_and_knows_the_types(self):
        for name in ["Task", "Shot", "AssetVersion", "Automation", "Trigger", "WebhookAction", "WorkflowSchema"]:
            self.assertIn(name, self.session.types)

    def test_one_first_and_none(self):
        shot = self.session.query('Shot where name is "SQ010_0010"').one()
        self.assertEqual(shot["name"], "SQ010_0010")
        self.assertIsNone(self.session.query('Shot where name is "nowhere"').first())
        with self.assertRaises(ftrack_api.exception.MultipleResultsFoundError):
            self.session.query("Shot").one()
        self.assertEqual(self.session.get("Shot", shot["id"]), shot)

    def test_pages_follow_one_another(self):
        ids = [task["id"] for task in self.session.query("select id from Task order by id", page_size=7)]
        self.assertGreater(len(ids), 50)
        self.assertEqual(ids, sorted(set(ids)))
        limited = self.session.query("select id from Task order by id offset 3 limit 5").all()
        self.assertEqual([task["id"] for task in limited], ids[3:8])

    def test_relations_lead_on(self):
        task = self.session.query(
            'select status.state.short, type.name, parent.parent.name, project.full_name, assignments.resource.username '
            'from Task where type.name is "Composite" and parent.name is "SQ010_0010"'
        ).one()
        self.assertEqual(task["type"]["name"], "Composite")
        self.assertEqual(task["parent"]["parent"]["name"], "SQ010")
        self.assertEqual(task["project"]["full_name"], "Northlight")
        self.assertIn(task["status"]["state"]["short"], ["NOT_STARTED", "IN_PROGRESS", "DONE", "BLOCKED"])
        self.assertEqual(len(task["assignments"]), 1)
        self.assertIn(".", task["assignments"][0]["resource"]["username"])
        upstream = {link["from"]["name"] for link in task["incoming_links"]}
        self.assertEqual(upstream, {"Rotoscoping", "Paint", "Computer Graphics"})

    def test_criteria(self):
        def count(criteria):
            return len(self.session.query("select id from Task where " + criteria).all())

        everything = len(self.session.query("select id from Task").all())
        named = count('name is "Composite"')
        self.assertEqual(everything - named, count('name is_not "Composite"'))
        self.assertEqual(named, count('not name != "Composite"'))
        self.assertEqual(named + count("name = Paint"), count('name in ("Composite", "Paint")'))
        self.assertEqual(count('name like "%Compos%"'), named + count('name is "Secondary Composite"'))
        self.assertEqual(count('parent has (name like "SQ010%") and status.state.short is DONE'),
                         count('status.state.short is "DONE" and parent.name like "SQ010%"'))
        self.assertEqual(count("assignments any (resource.username is_not none)"), everything - 1)
        self.assertEqual(count("description is none or name is Paint and name is Prep"), 0)

    def test_a_context_says_what_it_is(self):
        shot = self.session.query('TypedContext where name is "SQ010_0010"').one()
        self.assertEqual(shot.entity_type, "Shot")
        kinds = {context.entity_type for context in self.session.query("TypedContext")}
        self.assertEqual(kinds, {"Episode", "Sequence", "Shot", "AssetBuild", "Task"})

    def test_the_workflows_say_which_statuses_there_are(self):
        schema = self.session.query('select project_schema from Project where full_name is "Northlight"').one()["project_schema"]
        names = {status["name"] for status in schema.get_statuses("Task")}
        self.assertTrue({"Not started", "In progress", "Send to Client"} & names, names)
        roto = self.session.query('Type where name is "Rotoscoping"').one()
        self.assertLess(len(schema.get_statuses("Task", roto["id"])), len(names))
        self.assertIn("Final", {status["name"] for status in schema.get_statuses("Shot")})
        self.assertIn("Client Note", {status["name"] for status in schema.get_statuses("AssetVersion")})
        self.assertIn("Paint", {kind["name"] for kind in schema.get_types("Task")})

    def test_a_status_is_set_by_its_entity_and_by_its_id(self):
        task = self.task()
        in_progress = self.session.get("Status", IN_PROGRESS)
        task["status_id"] = NOT_STARTED
        self.session.commit()
        task["status"] = in_progress
        self.session.commit()
        again = self.connect()
        found = again.query(f'select status_id, status.name from Task where id is "{task["id"]}"').one()
        self.assertEqual((found["status_id"], found["status"]["name"]), (IN_PROGRESS, "In progress"))
        _, headers, event = Receiver.wait_for(
            "/made-at-start",
            lambda entity: entity["id"] == [task["id"]] and entity["new"]["status_id"] == IN_PROGRESS,
        )
        self.assertEqual(headers["x-callboard-secret"], SECRET)
        self.assertEqual(event["fez_id"], "ftrack_entity_event_v1")
        self.assertEqual(event["entity"]["operation"], "update")
        self.assertEqual(event["entity"]["old"]["status_id"], NOT_STARTED)
        user = again.query(f'User where username is "{self.account["user"]}"').one()
        self.assertEqual(event["metadata"]["resource_id"], user["id"])
        history = again.query(f'select from_status_id, user_id from StatusChange where parent_id is "{task["id"]}"').all()
        self.assertIn((NOT_STARTED, user["id"]), [(change["from_status_id"], change["user_id"]) for change in history])

    def test_a_status_outside_the_workflow_is_refused(self):
        roto = self.task("Rotoscoping")
        before = roto["status_id"]
        roto["status"] = self.session.query('Status where name is "Pending review"').one()
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "ValidationError.*Pending review"):
            self.session.commit()
        self.session.rollback()
        again = self.connect(strict_api=True)
        found = again.query(f'select status_id from Task where id is "{roto["id"]}"').one()
        self.assertEqual(found["status_id"], before)
        found["status_id"] = "44de097a-0000-0000-0000-000000000000"
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "No Status found"):
            again.commit()

    def test_a_commit_is_all_or_nothing(self):
        shot, roto = self.task()["parent"], self.task("Rotoscoping")
        name = f"note-{uuid.uuid4()}"
        self.session.create("Note", {"content": name, "parent_id": shot["id"], "parent_type": "task"})
        roto["status"] = self.session.query('Status where name is "Pending review"').one()
        with self.assertRaises(ftrack_api.exception.ServerError):
            self.session.commit()
        self.session.rollback()
        self.assertIsNone(self.connect().query(f'Note where content is "{name}"').first())

    def test_a_version_is_published(self):
        task = self.task()
        last = self.session.query(
            f'select version, asset_id from AssetVersion where task_id is "{task["id"]}" order by version descending'
        ).first()
        if last is None:
            kind = self.session.query("AssetType").first()
            asset = self.session.create("Asset", {"name": "cmp", "type": kind, "parent": task["parent"]})
        else:
            asset = self.session.get("Asset", last["asset_id"])
        version = self.session.create("AssetVersion", {"asset": asset, "task": task, "comment": "Soften the reflection"})
        self.session.commit()
        self.assertEqual(version["version"], (last["version"] if last else 0) + 1)
        self.assertTrue(version["is_latest_version"])
        self.assertEqual(version["asset"]["parent"]["name"], "SQ010_0010")
        self.assertIsNotNone(version["status_id"])
        _, _, event = Receiver.wait_for("/made-at-start", lambda entity: entity["id"] == [version["id"]])
        self.assertEqual((event["entity"]["entity_type"], event["entity"]["operation"]), ("AssetVersion", "create"))
        self.assertEqual(event["entity"]["new"]["task_id"], task["id"])

    def test_an_automation_hears_what_its_filter_asks_for(self):
        task, paint = self.task(), self.task("Paint")
        task["status_id"] = paint["status_id"] = NOT_STARTED
        self.session.commit()
        automation = self.session.create("Automation", {"name": "Work begins"})
        self.session.create(
            "Trigger",
            {
                "automation_id": automation["id"],
                "filter": 'entity.entity_type = "Task" and entity.operation = "update" and '
                "entity.new.status_id != entity.old.status_id and "
                f'(entity.new.status_id = "{IN_PROGRESS}" or entity.new.name = "nobody")',
            },
        )
        self.session.create(
            "WebhookAction",
            {
                "automation_id": automation["id"],
                "webhook_url": self.receiver + "/work-begins",
                "headers": json.dumps({"ftrack-secret": SECRET}),
            },
        )
        self.session.commit()
        paint["description"] = "The plate has come"
        task["status_id"] = IN_PROGRESS
        self.session.commit()
        _, headers, _ = Receiver.wait_for("/work-begins", lambda entity: entity["id"] == [task["id"]])
        self.assertEqual(headers["ftrack-secret"], SECRET)
        self.assertEqual(len([got for got in Receiver.got if got[0] == "/work-begins"]), 1)
        automation["is_enabled"] = False
        self.session.commit()

    def test_the_limits_of_webhooks(self):
        def automation(url):
            made = self.session.create("Automation", {"name": "Limit"})
            self.session.create("Trigger", {"automation_id": made["id"], "filter": 'entity.operation = "create"'})
            self.session.create("WebhookAction", {"automation_id": made["id"], "webhook_url": url})
            return made

        automation("http://studio.example/hook")
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "https://"):
            self.session.commit()
        self.session.rollback()
        made = []
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "Only 10 webhooks"):
            for _ in range(11):
                one = automation("https://studio.example/hook")
                self.session.commit()
                made.append(one)
        self.session.rollback()
        for one in made:
            self.session.delete(one)
        self.session.commit()

    def test_the_event_hub_tells_what_changes(self):
        listening, heard, arrived = self.connect(), [], threading.Condition()

        def callback(event):
            with arrived:
                heard.append(event)
                arrived.notify_all()

        hub = listening.event_hub
        hub.connect()
        hub.subscribe("topic=ftrack.update", callback)
        threading.Thread(target=hub.wait, kwargs={"duration": 30}, daemon=True).start()
        task = self.task("Prep")
        other = IN_PROGRESS if task["status_id"] != IN_PROGRESS else NOT_STARTED
        old = task["status_id"]

        def of_task():
            return [
                entity
                for event in heard
                for entity in event["data"]["entities"]
                if entity["entityId"] == task["id"] and "statusid" in entity["keys"]
            ]

        # The subscription is on its way while the first change may be made: it is made until it is heard.
        for status in [other, old] * 10:
            task["status_id"] = status
            self.session.commit()
            with arrived:
                if arrived.wait_for(lambda: of_task(), timeout=1):
                    break
        entity = of_task()[0]
        self.assertEqual((entity["entityType"], entity["entity_type"], entity["action"]), ("task", "Task", "update"))
        self.assertEqual({entity["changes"]["statusid"]["old"], entity["changes"]["statusid"]["new"]}, {old, other})
        self.assertEqual(heard[0]["source"]["user"]["username"], self.account["user"])
        self.assertEqual(entity["parents"][-1]["entityType"], "show")
        listening.close()

    def test_what_does_not_exist_is_refused_in_words(self):
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "InvalidCredentialsError"):
            self.connect(api_key="wrong")
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, 'Attribute "colour" does not exist'):
            self.session.query("select colour from Status").all()
        with self.assertRaisesRegex(ftrack_api.exception.ServerError, "ParseError"):
            self.session.query("select id from Status where name").all()


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(RealClient)
    started = time.monotonic()
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    word = "ok" if failed == 0 else "FAILED"
    passed = max(result.testsRun - failed, 0)
    print(f"test result: {word}. {passed} passed; {failed} failed; finished in {time.monotonic() - started:.2f}s")
    sys.exit(0 if failed == 0 else 1)
