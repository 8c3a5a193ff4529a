//! REST: tokens, error documents, records, search, batch, schema.

use serde_json::{Value, json};

use crate::support::{ARRAY, HASH, PLAIN, Signed};

fn error(answer: &Value) -> &Value {
    &answer["errors"][0]
}

#[tokio::test]
async fn the_root_is_a_probe_that_needs_no_token() {
    let site = Signed::plain().await;
    for (path, version) in [("/api/v1", "v1"), ("/api/v1/", "v1"), ("/api/v1.1", "v1.1")] {
        let answer = site
            .http
            .get(format!("{}{path}", site.practice.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["x-request-id"].len(), 32);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["data"]["api_version"], version);
    }
    let answer = site
        .http
        .get(format!("{}/api/v2", site.practice.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404, "any other segment is not the API");
}

#[tokio::test]
async fn tokens_are_minted_refused_refreshed_once_and_expire() {
    let site = Signed::plain().await;
    let url = format!("{}/api/v1/auth/access_token", site.practice.url());
    let ask = async |form: &[(&str, &str)]| {
        let answer = site.http.post(&url).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };

    let (status, answer) = ask(&[
        ("grant_type", "client_credentials"),
        ("client_id", "practice"),
        ("client_secret", "wrong"),
    ])
    .await;
    assert_eq!((status, &error(&answer)["code"]), (400, &json!(102)));
    assert_eq!(error(&answer)["title"], "Can't authenticate script 'practice'");
    assert_eq!(error(&answer)["id"].as_str().unwrap().len(), 32);
    let (_, answer) = ask(&[("grant_type", "password"), ("username", "nobody"), ("password", "x")]).await;
    assert_eq!(error(&answer)["title"], "Can't authenticate user 'nobody'");
    let (_, answer) = ask(&[("grant_type", "client_credentials")]).await;
    assert_eq!(error(&answer)["title"], "Missing or invalid authentication arguments");
    let (_, answer) = ask(&[("grant_type", "magic")]).await;
    assert_eq!(error(&answer)["title"], "Unsupported grant_type");

    let answer = site
        .http
        .post(&url)
        .header("content-type", "text/plain")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 415);
    let answer: Value = answer.json().await.unwrap();
    assert!(
        error(&answer)["title"]
            .as_str()
            .unwrap()
            .contains("application/x-www-form-urlencoded")
    );

    let (_, person) = ask(&[
        ("grant_type", "password"),
        ("username", "amara.okafor"),
        ("password", "practice"),
    ])
    .await;
    let task = format!("{}/api/v1/entity/tasks/5001", site.practice.url());
    let token = person["access_token"].as_str().unwrap();
    let body = json!({"sg_status_list": "hld"});
    assert_eq!(
        site.http
            .put(&task)
            .bearer_auth(token)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        site.control.event_log()[0]["user"]["name"],
        "Amara Okafor",
        "people are always seen"
    );

    let query = "grant_type=client_credentials&client_id=practice&client_secret=practice";
    let answer = site.http.post(format!("{url}?{query}")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the arguments may stand in the query string");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("Bearer"), &json!(600))
    );
    let refresh = answer["refresh_token"].as_str().unwrap();
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    assert_eq!(ask(&again).await.0, 200);
    assert_eq!(ask(&again).await.0, 401, "a refresh token is good once");

    site.control.token_lifetime(0);
    let (_, answer) = ask(&[
        ("grant_type", "client_credentials"),
        ("client_id", "practice"),
        ("client_secret", "practice"),
    ])
    .await;
    let stale = answer["access_token"].as_str().unwrap();
    let shots = format!("{}/api/v1/entity/shots", site.practice.url());
    for token in [stale, "forged", ""] {
        let answer = site.http.get(&shots).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(site.get("/entity/shots").await.0, 200, "an older token lives on");
    site.control.revoke_key();
    assert_eq!(site.get("/entity/shots").await.0, 401);
    let (status, _) = ask(&[
        ("grant_type", "client_credentials"),
        ("client_id", "practice"),
        ("client_secret", "practice"),
    ])
    .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn error_documents_are_those_of_the_recordings() {
    let site = Signed::plain().await;
    let (status, answer) = site.get("/entity/Asset/400000").await;
    assert_eq!(
        (status, &error(&answer)["code"], &error(&answer)["title"]),
        (404, &json!(104), &json!("Not Found"))
    );
    assert_eq!(error(&answer)["detail"], "Asset: 400000 not found");
    for (method, path, body) in [
        (
            "PUT",
            "/entity/Asset/400000",
            Some((PLAIN, json!({"description": "NOPE"}))),
        ),
        ("DELETE", "/entity/Asset/400000", None),
        ("POST", "/entity/Asset/400000?revive=true", None),
    ] {
        let (status, answer) = site.call(method, path, body).await;
        assert_eq!(status, 404);
        assert_eq!(
            error(&answer)["detail"],
            "Entity of type [Asset] with id=400000 does not exist."
        );
    }
    let (status, answer) = site.post("/entity/Asset", json!({"not_existing_field": 1234})).await;
    assert_eq!((status, &error(&answer)["code"]), (400, &json!(103)));
    assert_eq!(
        error(&answer)["title"],
        "API create() Asset.not_existing_field doesn't exist."
    );
    let (status, answer) = site.get("/entity/Asset?filter%5Bnot_existing_field%5D=NOPE").await;
    assert_eq!((status, &error(&answer)["code"]), (400, &json!(103)));
    assert_eq!(
        error(&answer)["title"],
        "API read() Asset.not_existing_field doesn't exist."
    );
    assert_eq!(
        error(&answer)["source"]["Asset.not_existing_field"],
        " does not exist. Value: {\"path\"=>\"not_existing_field\", \"relation\"=>\"is\", \"values\"=>[\"NOPE\"]}"
    );
    assert_eq!(
        error(&site.get("/entity/Gizmo").await.1)["detail"],
        "Entity type 'Gizmo' does not exist."
    );
    let (status, answer) = site.call("PATCH", "/entity/Task/5001", Some((PLAIN, json!({})))).await;
    assert_eq!(
        (status, &error(&answer)["code"]),
        (404, &json!(103)),
        "PATCH does not exist"
    );
}

#[tokio::test]
async fn type_names_are_lenient_and_links_are_plural() {
    let site = Signed::plain().await;
    for name in ["Task", "task", "tasks"] {
        let (status, answer) = site
            .get(&format!("/entity/{name}/5001?fields=content,step,sg_versions"))
            .await;
        assert_eq!(status, 200, "{name}");
        let record = &answer["data"];
        assert_eq!(record["links"]["self"], "/api/v1/entity/tasks/5001");
        assert_eq!(record["attributes"]["content"], "Prep");
        let step = &record["relationships"]["step"];
        assert_eq!(step["data"], json!({"id": 1, "name": "Prep", "type": "Step"}));
        assert_eq!(step["links"]["self"], "/api/v1/entity/tasks/5001/relationships/step");
        assert_eq!(step["links"]["related"], "/api/v1/entity/steps/1");
        assert!(record["relationships"]["sg_versions"]["links"].get("related").is_none());
    }
    for name in [
        "api_users",
        "HumanUser",
        "event_log_entries",
        "statuses",
        "EventLogEntry",
    ] {
        assert_eq!(site.get(&format!("/entity/{name}")).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn next_is_always_there_so_a_short_page_is_the_end() {
    let site = Signed::plain().await;
    let (_, answer) = site
        .get("/entity/shots?fields=code&page%5Bnumber%5D=99&page%5Bsize%5D=10")
        .await;
    assert_eq!(answer["data"], json!([]));
    assert!(
        answer["links"]["next"]
            .as_str()
            .unwrap()
            .contains("page%5Bnumber%5D=100")
    );
    let body = json!({"filters": {"logical_operator": "and", "conditions": []}, "page": {"size": 1, "number": 2}});
    let (_, answer) = site.call("POST", "/entity/Asset/_search", Some((HASH, body))).await;
    assert_eq!(
        answer["links"],
        json!({
            "self": "/api/v1/entity/Asset/_search",
            "next": "/api/v1/entity/Asset/_search?page%5Bnumber%5D=3&page%5Bsize%5D=1",
            "prev": "/api/v1/entity/Asset/_search?page%5Bnumber%5D=1&page%5Bsize%5D=1",
        })
    );
    let (_, answer) = site
        .get("/entity/Asset?fields=%2A&filter%5Bid%5D=1400&page%5Bnumber%5D=1&page%5Bsize%5D=1")
        .await;
    assert_eq!(
        answer["links"],
        json!({
            "self": "/api/v1/entity/Asset?fields=%2A&filter%5Bid%5D=1400&page%5Bnumber%5D=1&page%5Bsize%5D=1",
            "next": "/api/v1/entity/Asset?fields=%2A&filter%5Bid%5D=1400&page%5Bnumber%5D=2&page%5Bsize%5D=1",
        })
    );
    for size in [0, 5001] {
        assert_eq!(site.get(&format!("/entity/shots?page%5Bsize%5D={size}")).await.0, 400);
    }
}

#[tokio::test]
async fn content_types_are_told_apart() {
    let site = Signed::plain().await;
    let filters = json!({"filters": []});
    let (status, answer) = site
        .call("POST", "/entity/tasks/_search", Some((PLAIN, filters.clone())))
        .await;
    assert_eq!((status, &error(&answer)["code"]), (415, &json!(103)));
    assert!(error(&answer)["title"].as_str().unwrap().contains(ARRAY));
    let (status, answer) = site.call("POST", "/entity/tasks/_search", Some((HASH, filters))).await;
    assert_eq!(
        (status, &error(&answer)["title"]),
        (400, &json!("Query is not an Hash"))
    );
    assert_eq!(
        site.call("PUT", "/entity/tasks/5001", Some((ARRAY, json!({})))).await.0,
        415
    );
    assert_eq!(
        site.call("POST", "/webhook/hooks", Some((HASH, json!({})))).await.0,
        415
    );
    let url = format!("{}/api/v1/entity/tasks", site.practice.url());
    let answer = site
        .http
        .get(url)
        .bearer_auth(&site.token)
        .header("accept", ARRAY)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 406);
}

#[tokio::test]
async fn filters_follow_links_and_refuse_what_a_type_does_not_know() {
    let site = Signed::plain().await;
    let tasks = site
        .find(
            "tasks",
            json!([["entity", "is", {"type": "Shot", "id": 1000}]]),
            "content",
        )
        .await;
    assert_eq!(tasks.len(), 7, "the first Shot has every step");
    let composite = site
        .find(
            "tasks",
            json!([["entity.Shot.code", "is", "SQ010_0010"], ["step.Step.short_name", "is", "CMP"]]),
            "content,step.Step.code,entity.Shot.sg_status_list,entity.Shot.sg_sequence.Sequence.code,task_assignees.HumanUser.name",
        )
        .await;
    let [composite] = composite.as_slice() else {
        panic!("one Composite Task: {composite:?}")
    };
    assert_eq!(composite["attributes"]["step.Step.code"], "Composite");
    assert_eq!(
        composite["attributes"]["entity.Shot.sg_sequence.Sequence.code"],
        "SQ010"
    );
    assert!(
        composite["attributes"].get("task_assignees.HumanUser.name").is_none(),
        "a path through a list is absent"
    );
    let shots = site
        .find(
            "tasks",
            json!([["entity", "type_is", "Shot"], ["project.Project.id", "is", 123]]),
            "id",
        )
        .await;
    let all = site
        .find(
            "tasks",
            json!([["project", "is", {"type": "Project", "id": 123}]]),
            "id",
        )
        .await;
    assert_eq!(shots.len(), all.len());
    let either = json!({"filters": {"logical_operator": "or", "conditions": [
        ["id", "is", 5001], {"logical_operator": "and", "conditions": [["id", "greater_than", 5001], ["id", "less_than", 5004]]},
    ]}, "fields": ["content"], "sort": "-id"});
    let (_, answer) = site.call("POST", "/entity/tasks/_search", Some((HASH, either))).await;
    let ids: Vec<i64> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [5003, 5002, 5001]);
    let body = json!({"filters": [["sg_status_list", "contains", "a"]]});
    let (status, answer) = site.call("POST", "/entity/tasks/_search", Some((ARRAY, body))).await;
    assert_eq!(status, 400);
    let title = error(&answer)["title"].as_str().unwrap();
    assert!(title.contains("Valid relations: is, is_not, in, not_in"), "{title}");
    let labels = site
        .find("tasks", json!([["sg_status_list", "is", "In Progress"]]), "id")
        .await;
    assert!(labels.is_empty(), "a label matches nothing, silently");
    let body = json!({"filters": {"conditions": [["project.Project.id", "is", 122]], "logical_operator": "and"},
        "summary_fields": [{"type": "record_count", "field": "id"}]});
    let (_, answer) = site.call("POST", "/entity/Asset/_summarize", Some((HASH, body))).await;
    assert_eq!(answer, json!({"data": {"summaries": {"id": 4}, "groups": []}}));
}

#[tokio::test]
async fn a_status_is_checked_by_code_and_cleared_by_null() {
    let site = Signed::plain().await;
    let (status, answer) = site.put("/entity/tasks/5001", json!({"sg_status_list": "Final"})).await;
    assert_eq!((status, &error(&answer)["code"]), (400, &json!(104)));
    let title = error(&answer)["title"].as_str().unwrap();
    let start = "Update failed for [Task.sg_status_list]: 'Final' is not a valid status. Valid statuses: omt, hld, wtg";
    assert!(title.starts_with(start), "{title}");
    let (status, answer) = site.put("/entity/tasks/5001", json!({"sg_status_list": "ip"})).await;
    assert_eq!(
        (status, &answer["data"]["attributes"]["sg_status_list"]),
        (200, &json!("ip"))
    );
    assert_eq!(
        answer["data"]["attributes"]["content"], "Prep",
        "an update answers the whole record"
    );
    for nothing in [json!(null), json!("")] {
        let (_, answer) = site.put("/entity/tasks/5001", json!({"sg_status_list": nothing})).await;
        assert_eq!(answer["data"]["attributes"]["sg_status_list"], Value::Null);
    }
    assert_eq!(
        site.put("/entity/tasks/5001", json!({})).await.0,
        200,
        "nothing is a no-op"
    );
    assert_eq!(
        site.put("/entity/tasks/5001", json!({"updated_at": "2026-01-01T00:00:00Z"}))
            .await
            .0,
        400
    );
    let values: Vec<Value> = site.control.writes().into_iter().map(|write| write.value).collect();
    assert_eq!(
        values,
        [json!("ip"), json!(null), json!("")],
        "refused writes are not writes"
    );

    site.control.forbid_writes("Task", "sg_status_list");
    let (status, answer) = site.put("/entity/tasks/5001", json!({"sg_status_list": "ip"})).await;
    assert_eq!(status, 400, "a permission refusal is no 403");
    assert!(
        error(&answer)["title"]
            .as_str()
            .unwrap()
            .contains("Task.sg_status_list")
    );
}

#[tokio::test]
async fn a_float_is_kept_as_one_and_found_as_a_number() {
    let site = Signed::plain().await;
    let held = async || {
        let (_, answer) = site.get("/entity/tasks/5001?fields=sg_bid_days").await;
        answer["data"]["attributes"]["sg_bid_days"].clone()
    };
    assert_eq!(held().await, json!(null));
    let (status, _) = site.put("/entity/tasks/5001", json!({"sg_bid_days": 7})).await;
    assert_eq!((status, held().await), (200, json!(7.0)));
    let (status, _) = site.put("/entity/tasks/5001", json!({"sg_bid_days": "7"})).await;
    assert_eq!((status, held().await), (400, json!(7.0)), "text is no number");
    for (filter, found) in [
        (json!(["sg_bid_days", "is", 7]), 1),
        (json!(["sg_bid_days", "greater_than", 6.5]), 1),
        (json!(["sg_bid_days", "less_than", 6.5]), 0),
    ] {
        let filters = json!([["id", "is", 5001], filter]);
        assert_eq!(
            site.find("Task", filters.clone(), "sg_bid_days").await.len(),
            found,
            "{filters}"
        );
    }

    site.control.forbid_reads("Task", "sg_bid_days");
    let body = json!({"filters": [["id", "is", 5001]], "fields": ["sg_bid_days"]});
    let (status, answer) = site.call("POST", "/entity/Task/_search", Some((ARRAY, body))).await;
    assert_eq!(status, 400);
    assert!(error(&answer)["title"].as_str().unwrap().contains("Task.sg_bid_days"));
    let others = site.find("Task", json!([["id", "is", 5001]]), "content").await;
    assert_eq!(others.len(), 1);
}

#[tokio::test]
async fn a_create_answers_thin_with_times_of_its_own() {
    let site = Signed::plain().await;
    let body = json!({"description": "This is a desc", "project": {"type": "Project", "id": 122}});
    let (status, answer) = site.post("/entity/Asset", body).await;
    assert_eq!(status, 201);
    let record = &answer["data"];
    let id = record["id"].as_i64().unwrap();
    assert_eq!(record["attributes"]["code"], format!("New Asset {id}"));
    assert_eq!(record["attributes"]["sg_status_list"], "wtg");
    assert!(record["attributes"]["created_at"].as_str().unwrap().ends_with(" UTC"));
    assert!(
        record["attributes"].get("sg_asset_type").is_none(),
        "what was neither sent nor filled in is absent"
    );
    assert_eq!(record["relationships"]["created_by"]["data"]["name"], "practice 1.0");
    assert_eq!(record["relationships"]["tasks"]["data"], json!([]));
    let (_, answer) = site.get(&format!("/entity/assets/{id}")).await;
    assert!(
        answer["data"]["attributes"]["created_at"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert_eq!(
        site.post("/entity/Asset", json!({"code": "x"})).await.0,
        400,
        "a project is mandatory"
    );

    assert_eq!(site.call("DELETE", &format!("/entity/assets/{id}"), None).await.0, 204);
    assert_eq!(site.get(&format!("/entity/assets/{id}")).await.0, 404);
    let (_, answer) = site
        .call("POST", &format!("/entity/Asset/{id}?revive=true"), None)
        .await;
    assert_eq!(
        answer,
        json!({"data": {"type": "Asset", "id": id}, "links": {"self": format!("/api/v1/entity/Asset/{id}")},
            "meta": {"did_revive": true}})
    );
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let site = Signed::plain().await;
    let before = site.control.status("Task", 5001);
    let update = |id: i64| json!({"request_type": "update", "entity": "Task", "record_id": id, "data": {"sg_status_list": "ncl"}});
    let (status, answer) = site
        .post(
            "/entity/_batch",
            json!({"requests": [update(5001), update(999_999_999)]}),
        )
        .await;
    assert_eq!(status, 404);
    assert_eq!(
        error(&answer)["detail"],
        "Entity of type [Task] with id=999999999 does not exist."
    );
    assert_eq!(site.control.status("Task", 5001), before, "nothing was written");
    assert!(site.control.writes().is_empty());

    let wrong_key = json!({"request_type": "update", "entity": "Task", "entity_id": 5001, "data": {}});
    let (status, answer) = site.post("/entity/_batch", json!({"requests": [wrong_key]})).await;
    assert_eq!(status, 404);
    assert!(error(&answer)["detail"].as_str().unwrap().contains("id=0"));

    let requests = json!([
        update(5001),
        {"request_type": "create", "entity": "Note", "data": {"subject": "no project needed here"}},
    ]);
    let (status, answer) = site.post("/entity/_batch", json!({"requests": requests})).await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"][0]["data"]["attributes"]["sg_status_list"], "ncl");
    let note = answer["data"][1]["data"]["id"].as_i64().unwrap();
    let delete = json!({"requests": [{"request_type": "delete", "entity": "Note", "record_id": note}]});
    let (_, answer) = site.post("/entity/_batch", delete).await;
    assert_eq!(answer["data"][0]["did_delete"], true);
    assert_eq!(
        site.post("/entity/_batch", json!({"requests": []})).await.1,
        json!({"data": []})
    );
}

#[tokio::test]
async fn the_schema_carries_order_labels_and_what_a_project_hides() {
    let site = Signed::plain().await;
    let (_, answer) = site.get("/schema/Version/fields/sg_status_list?project_id=123").await;
    let field = &answer["data"];
    assert_eq!(field["data_type"]["value"], "status_list");
    let properties = &field["properties"];
    assert_eq!(properties["default_value"]["value"], "rev");
    let codes: Vec<&str> = properties["valid_values"]["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    assert_eq!(
        codes.join(" "),
        "na cnv bkdn stcomp sndwip sndv0 sndcli rqc qckbk rev note hero apv pdrr"
    );
    assert_eq!(properties["display_values"]["value"]["sndcli"], "Sent to Client");
    assert_eq!(properties["hidden_values"]["value"], json!(["sndv0", "pdrr"]));
    let (_, answer) = site.get("/schema/Task/fields/sg_status_list?project_id=122").await;
    assert_eq!(
        answer["data"]["properties"]["display_values"]["value"]["sndcli"],
        "Send to Client"
    );
    assert_eq!(answer["data"]["properties"]["hidden_values"]["value"], json!([]));
    let statuses = site.find("statuses", json!([]), "code,name,bg_color").await;
    let rows: Vec<&Value> = statuses
        .iter()
        .filter(|status| status["attributes"]["code"] == "rev")
        .collect();
    assert_eq!(rows.len(), 1, "a code has one row for the whole site");
    let (_, answer) = site.get("/schema/Asset").await;
    assert_eq!(answer["data"]["name"], json!({"value": "Asset", "editable": false}));
}

#[tokio::test]
async fn rehearsed_faults_come_and_go() {
    let site = Signed::plain().await;
    site.control.set_down(true);
    assert_eq!(site.get("/entity/shots").await.0, 503);
    site.control.set_down(false);
    site.control.fail_next(2, 502);
    let answers = [
        site.get("/entity/shots").await.0,
        site.get("/entity/shots").await.0,
        site.get("/entity/shots").await.0,
    ];
    assert_eq!(answers, [502, 502, 200]);
    assert_eq!(site.control.requests_by_path()["/api/v1/entity/shots"], 4);
}
