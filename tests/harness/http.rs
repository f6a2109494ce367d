//! A client of HTTP/1.1 that does one thing at a time over one connection, for load and for crashes.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// A connection that is kept.
pub struct Client {
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// To `host:port`; connected with the first request.
    pub fn new(address: &str) -> Self {
        Self { address: address.into(), connection: None }
    }

    /// Sends a request whose answer is read later.
    pub fn send(&mut self, request: &str) -> io::Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                BufReader::new(stream)
            }
        };
        connection.get_mut().write_all(request.as_bytes())?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Reads the status and the content of the answer to what was sent; what fails ends the connection.
    pub fn answer(&mut self) -> io::Result<(u16, String)> {
        let mut connection = self.connection.take().ok_or(io::ErrorKind::NotConnected)?;
        let answer = read(&mut connection)?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

/// A request that sends JSON.
pub fn request(path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: concord\r\nContent-Type: application/json\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<(u16, String)> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "the answer is no HTTP, or was cut off");
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
    let mut length = 0;
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(bad());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(|_| bad())?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut content = vec![0; length];
    connection.read_exact(&mut content)?;
    Ok((status, String::from_utf8_lossy(&content).into_owned()))
}
