//! HTTP spelled out byte by byte: what a well-behaved client would never send too.

use std::net::SocketAddr;
use std::time::Duration;

use callboard_trackers::shotgrid::sign;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// After this long, what a test waits for is not coming.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// One connection.
pub(crate) struct Wire(TcpStream);

/// An answer as it stood on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

impl Wire {
    pub(crate) async fn open(to: SocketAddr) -> Self {
        Self(TcpStream::connect(to).await.unwrap())
    }

    /// From an address of this machine that stands for another one.
    #[cfg(target_os = "linux")]
    pub(crate) async fn open_from(from: std::net::Ipv4Addr, to: SocketAddr) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        Self(socket.connect(to).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends until all of it is gone or the other side wants no more.
    pub(crate) async fn send_what_is_taken(&mut self, bytes: &[u8]) {
        let _ = tokio::time::timeout(DEADLINE, self.0.write_all(bytes)).await;
    }

    /// The next answer, read by its length.
    pub(crate) async fn answer(&mut self) -> Answer {
        tokio::time::timeout(DEADLINE, self.read_answer())
            .await
            .unwrap()
            .unwrap()
    }

    async fn read_answer(&mut self) -> std::io::Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: String::new(),
        };
        let length = answer.header("content-length").map_or(0, |v| v.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Whether there is an answer before the other side closes.
    #[cfg(target_os = "linux")]
    pub(crate) async fn is_answered(&mut self) -> bool {
        tokio::time::timeout(DEADLINE, self.read_answer())
            .await
            .unwrap()
            .is_ok()
    }

    /// Everything that comes until the other side closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let mut buffer = [0; 4096];
        let reading = async {
            // A reset closes it too.
            while let Ok(n) = self.0.read(&mut buffer).await
                && n > 0
            {
                rest.extend_from_slice(&buffer[..n]);
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.unwrap();
        rest
    }

    /// Sends, and reads whatever comes until the other side closes.
    pub(crate) async fn ask_raw(&mut self, bytes: impl AsRef<[u8]>) -> String {
        self.send_what_is_taken(bytes.as_ref()).await;
        String::from_utf8_lossy(&self.rest().await).into_owned()
    }

    /// Whether the other side still takes bytes.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// Whether the other side has closed; what it said before is passed over.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match tokio::time::timeout(Duration::from_millis(1), self.0.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
    }

    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes).await;
        self.answer().await
    }
}

/// One request on a connection of its own.
pub(crate) async fn ask(to: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    Wire::open(to).await.ask(bytes).await
}

/// A request, to be bent before it is sent.
#[derive(Clone)]
pub(crate) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            line: format!("{method} {path} HTTP/1.1"),
            headers: vec![("Host".into(), "127.0.0.1".into())],
            body: Vec::new(),
        }
    }

    /// A delivery to `/hooks/status`, signed with `secret`, as ShotGrid sends it.
    pub(crate) fn delivery(secret: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let signature = sign(secret, &body);
        Self::unsigned(body).with("x-sg-signature", &signature)
    }

    pub(crate) fn unsigned(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::new("POST", "/hooks/status")
            .with("Content-Type", "application/json; charset=utf-8")
            .with("Accept", "application/json")
            .with("User-Agent", "SG event-pipeline")
            .with("Content-Length", &body.len().to_string())
            .holding(body)
    }

    fn holding(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn to(mut self, path: &str) -> Self {
        self.line = format!("POST {path} HTTP/1.1");
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn instead(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub(crate) fn head(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        format!("{}\r\n{headers}\r\n", self.line).into_bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}
