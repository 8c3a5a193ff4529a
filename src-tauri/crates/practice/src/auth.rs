//! Tokens. ShotGrid REST: authentication; JSON-RPC checks the same names and keys with every call.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::clock;
use crate::errors::Refusal;
use crate::tables::named;
use crate::world::{Actor, World};

/// The password of every simulated person.
pub(crate) const PASSWORD: &str = "practice";

/// What the site keeps to tell its callers apart.
pub(crate) struct Auth {
    key: [u8; 32],
    pub(crate) lifetime: i64,
    /// Script name to script key.
    pub(crate) scripts: HashMap<String, String>,
    pub(crate) revoked: bool,
    refresh: HashMap<String, (&'static str, i64)>,
    /// Tokens that ended before their time.
    ended: HashSet<String>,
}

impl Auth {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            lifetime: 600,
            scripts: HashMap::new(),
            revoked: false,
            refresh: HashMap::new(),
            ended: HashSet::new(),
        }
    }

    fn sign(&self, text: &str) -> String {
        // HMAC takes a key of any length, so there is always a signature.
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).map(|mac| mac.chain_update(text).finalize().into_bytes());
        mac.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
    }
}

fn text<'f>(fields: &'f HashMap<String, String>, name: &str) -> Option<&'f str> {
    fields.get(name).map(String::as_str)
}

impl World {
    /// `POST /auth/access_token`.
    pub(crate) fn access_token(&mut self, fields: &HashMap<String, String>) -> Result<Value, Refusal> {
        let missing = || Refusal::authentication("Missing or invalid authentication arguments");
        let session = text(fields, "session_uuid");
        match text(fields, "grant_type").ok_or_else(missing)? {
            "client_credentials" => {
                let name = text(fields, "client_id").ok_or_else(missing)?;
                let key = text(fields, "client_secret").ok_or_else(missing)?;
                let id = self.script(name, key)?;
                self.grant("ApiUser", id, session)
            }
            "password" => {
                let login = text(fields, "username").ok_or_else(missing)?;
                let password = text(fields, "password").ok_or_else(missing)?;
                let id = self.login(login, password)?;
                self.grant("HumanUser", id, session)
            }
            "refresh_token" => {
                let token = text(fields, "refresh_token").ok_or_else(missing)?;
                // Single use: a refresh token that was spent, like one that never was, is 401.
                let (kind, id) = self.auth.refresh.remove(token).ok_or_else(Refusal::unauthorized)?;
                if self.auth.revoked {
                    return Err(Refusal::unauthorized());
                }
                self.grant(kind, id, session)
            }
            "session_token" => {
                text(fields, "session_token").ok_or_else(missing)?;
                Err(Refusal::unauthorized())
            }
            _ => Err(Refusal::authentication("Unsupported grant_type")),
        }
    }

    /// The script with this name and key.
    pub(crate) fn script(&self, name: &str, key: &str) -> Result<i64, Refusal> {
        let known = !self.auth.revoked && self.auth.scripts.get(name).is_some_and(|secret| secret == key);
        let script = named("ApiUser").filter(|_| known).and_then(|kind| {
            self.actives(kind)
                .find(|record| record.text("firstname") == Some(name) && record.text("sg_status_list") != Some("dis"))
        });
        script
            .map(|record| record.id)
            .ok_or_else(|| Refusal::authentication(format!("Can't authenticate script '{name}'")))
    }

    /// The person with this login and password.
    pub(crate) fn login(&self, login: &str, password: &str) -> Result<i64, Refusal> {
        let person = named("HumanUser")
            .filter(|_| password == PASSWORD)
            .and_then(|kind| self.actives(kind).find(|record| record.text("login") == Some(login)));
        person
            .map(|record| record.id)
            .ok_or_else(|| Refusal::authentication(format!("Can't authenticate user '{login}'")))
    }

    fn grant(&mut self, kind: &'static str, id: i64, session: Option<&str>) -> Result<Value, Refusal> {
        let now = clock::now().as_second();
        let header = URL_SAFE_NO_PAD.encode(br#"{"typ":"JWT","alg":"HS256"}"#);
        let claims = json!({
            "iss": "practice",
            "aud": "practice",
            "exp": now + self.auth.lifetime,
            "iat": now,
            "jti": self.uuid(),
            "user": {"type": kind, "id": id},
            "sudo_as_login": null,
            "auth_type": if kind == "ApiUser" { "api_key" } else { "password" },
            "session_uuid": session,
        });
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let token = format!("{signed}.{}", self.auth.sign(&signed));
        let refresh = self.uuid().replace('-', "");
        self.auth.refresh.insert(refresh.clone(), (kind, id));
        Ok(json!({
            "token_type": "Bearer",
            "access_token": token,
            "expires_in": self.auth.lifetime,
            "refresh_token": refresh,
        }))
    }

    /// Whose token is this? 401 for none, a forged, an expired or a revoked one.
    pub(crate) fn bearer(&self, authorization: Option<&str>) -> Result<Actor, Refusal> {
        self.token_claims(authorization)
            .filter(|_| !self.auth.revoked)
            .ok_or_else(Refusal::unauthorized)
    }

    /// From now on this token is worth nothing.
    pub(crate) fn end_token(&mut self, authorization: Option<&str>) {
        let token = authorization.and_then(|text| text.strip_prefix("Bearer "));
        self.auth.ended.extend(token.map(|token| token.trim().to_owned()));
    }

    fn token_claims(&self, authorization: Option<&str>) -> Option<Actor> {
        let token = authorization?.strip_prefix("Bearer ")?.trim();
        if self.auth.ended.contains(token) {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        if self.auth.sign(signed) != signature {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        if claims.get("exp")?.as_i64()? <= clock::now().as_second() {
            return None;
        }
        let user = claims.get("user")?;
        let kind = named(user.get("type")?.as_str()?)?;
        let session = claims.get("session_uuid").and_then(Value::as_str).map(str::to_owned);
        Some(Actor {
            kind: kind.name,
            id: user.get("id")?.as_i64()?,
            session,
            by_api: true,
        })
    }
}
