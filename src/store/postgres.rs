//! Connections to PostgreSQL: tokio-postgres with rustls behind diesel's synchronous interface, pooled by r2d2.

use crate::error::{Error, Result};
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use std::{str::FromStr, sync::OnceLock};
use tokio::runtime::Runtime;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection that diesel can use synchronously.
pub type PgLink = AsyncConnectionWrapper<AsyncPgConnection>;

/// Makes and checks connections for the pool.
pub struct Manager {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

impl Manager {
    /// For a `postgres://` address; `sslmode=require` in it demands TLS, by the certificates the system trusts.
    pub fn new(url: &str) -> Result<Self> {
        let config = tokio_postgres::Config::from_str(url)
            .map_err(|error| Error::invalid("database.url", format!("not a PostgreSQL address: {error}")))?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Internal(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }
}

impl diesel::r2d2::ManageConnection for Manager {
    type Connection = PgLink;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<PgLink, Self::Error> {
        let runtime = runtime();
        let _inside = runtime.enter();
        let connection = runtime.block_on(async {
            let (client, driver) = self.config.connect(self.tls.clone()).await.map_err(bad_connection)?;
            tokio::spawn(async move {
                if let Err(error) = driver.await {
                    tracing::warn!("a PostgreSQL connection ended: {error}");
                }
            });
            AsyncPgConnection::try_from(client).await
        });
        connection.map(PgLink::from).map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, connection: &mut PgLink) -> Result<(), Self::Error> {
        diesel::r2d2::R2D2Connection::ping(connection).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut PgLink) -> bool {
        std::thread::panicking() || diesel::r2d2::R2D2Connection::is_broken(connection)
    }
}

fn bad_connection(error: tokio_postgres::Error) -> diesel::ConnectionError {
    diesel::ConnectionError::BadConnection(error.to_string())
}

/// The runtime that drives the connections. It is never dropped, so it outlives every pool, and the store works the
/// same under the server, in a command and in a test.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no thread could be started: {error}"))
    })
}
