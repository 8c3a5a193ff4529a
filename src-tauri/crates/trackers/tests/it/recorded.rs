//! Recordings of a live site: read from their files, and given to a client again.

use granit_parser::{Event, Parser};
use serde_json::{Map, Value};

use crate::site::{Answer, Asked, Site, text};

/// One request to the live site and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    method: String,
    pub(crate) path: String,
    status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Exchange {
    fn mints(&self) -> bool {
        self.path == "/api/v1/auth/access_token"
    }

    fn answer(&self) -> Answer {
        // How the bytes were cut for the wire is for whoever sends them now.
        let framing = ["transfer-encoding", "connection", "content-length", "content-type"];
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !framing.contains(&name.as_str()));
        headers.fold(text(self.status, self.body.clone()), |answer, (name, value)| {
            answer.with(name.clone(), value.clone())
        })
    }

    /// The answer as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The exchanges of a recording, by the name of its file.
pub(crate) fn recording(name: &str) -> Vec<Exchange> {
    let path = format!("{}/tests/recordings/{name}.yml", env!("CARGO_MANIFEST_DIR"));
    let file = yaml(&std::fs::read_to_string(path).unwrap());
    let exchanges = file["http_interactions"].as_array().unwrap().iter();
    exchanges.map(exchange).collect()
}

fn exchange(one: &Value) -> Exchange {
    let (request, response) = (&one["request"], &one["response"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let uri = text(&request["uri"]);
    let path = uri
        .trim_start_matches("https://site.example")
        .split('?')
        .next()
        .unwrap();
    let headers = response["headers"].as_object().unwrap().iter();
    Exchange {
        method: text(&request["method"]).to_uppercase(),
        path: path.to_owned(),
        status: text(&response["status"]["code"]).parse().unwrap(),
        headers: headers.map(|(name, values)| (name.clone(), text(&values[0]))).collect(),
        body: text(&response["body"]["string"]),
    }
}

/// A site that gives the recorded answers again, in their order, each to a request of the same method and path. The token is the
/// recorded one too, from the recording of its being minted.
pub(crate) async fn replay(exchanges: Vec<Exchange>) -> Site {
    let minting = recording("Auth-with_client_id_and_client_secret-connects").remove(0);
    let calls: Vec<Exchange> = exchanges.into_iter().filter(|one| !one.mints()).collect();
    Site::raw(move |asked: &Asked, before| {
        if asked.path == minting.path {
            return minting.answer();
        }
        // The first request of all minted the token, where one was needed.
        let place = before - usize::from(!asked.authorization.is_empty());
        let path = asked.path.split('?').next();
        match calls.get(place) {
            Some(next) if next.method == asked.method && Some(next.path.as_str()) == path => next.answer(),
            next => text(599, format!("{} {} is not {next:?}", asked.method, asked.path)),
        }
    })
    .await
}

/// A YAML document with every scalar as text.
fn yaml(text: &str) -> Value {
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut done = Value::Null;
    for next in Parser::new_from_str(text) {
        let value = match next.unwrap().0 {
            Event::Scalar(text, ..) => Value::from(text.into_owned()),
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().unwrap().0,
            _ => continue,
        };
        match open.last_mut() {
            None => done = value,
            Some((Value::Array(list), _)) => list.push(value),
            Some((Value::Object(map), key)) => match key.take() {
                Some(key) => drop(map.insert(key, value)),
                None => *key = Some(value.as_str().unwrap().to_owned()),
            },
            Some(_) => unreachable!("only lists and maps are opened"),
        }
    }
    done
}
