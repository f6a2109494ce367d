//! Cases of the harness itself: it would be believed too easily otherwise.

use super::{
    TestDatabase, case_name, cases, cluster, data_folder,
    database::{on_postgres, without_postgres},
    store_cases, without_data,
};
use concord::store::Store;
use libtest_mimic::{Completion, Trial};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

mod stored {
    //! On each database.
    use super::*;

    store_cases![a_case_has_a_migrated_database];

    fn a_case_has_a_migrated_database(database: &TestDatabase) {
        let store = Store::open(&database.url, 1).unwrap();
        assert_eq!(store.migrate().unwrap(), Vec::<String>::new(), "migrations were left to run");
    }
}

mod plain {
    //! On no database.
    use super::*;

    cases![
        a_sqlite_database_goes_with_its_case,
        without_postgres_a_case_is_ignored_and_fails_in_continuous_integration,
        the_data_folder_can_be_read,
    ];

    fn a_sqlite_database_goes_with_its_case() {
        let database = TestDatabase::on_sqlite().unwrap();
        let path = Path::new(database.url.strip_prefix("sqlite:").unwrap()).to_owned();
        assert!(path.is_file());
        drop(database);
        assert!(!path.exists() && !path.parent().unwrap().exists());
    }

    fn without_postgres_a_case_is_ignored_and_fails_in_continuous_integration() {
        assert!(matches!(without_postgres(false), Ok(Completion::Ignored { reason: Some(_) })));
        assert!(without_postgres(true).is_err());
    }

    fn the_data_folder_can_be_read() -> Completion {
        let Some(folder) = data_folder() else { return without_data() };
        assert!(fs::read_dir(folder).unwrap().count() > 0, "CONCORD_TEST_DATA is an empty folder");
        Completion::Completed
    }
}

/// The cases of this file.
pub fn trials() -> Vec<Trial> {
    let on_server = [
        on_postgres(case_name!(a_database_is_a_copy_and_goes_with_its_case), |server| {
            a_database_is_a_copy_and_goes_with_its_case(server);
            Ok(Completion::Completed)
        }),
        on_postgres(case_name!(the_server_goes_when_the_test_process_is_killed), |_| {
            the_server_goes_when_the_test_process_is_killed();
            Ok(Completion::Completed)
        }),
    ];
    [stored::trials(), plain::trials()].into_iter().flatten().chain(on_server).collect()
}

fn a_database_is_a_copy_and_goes_with_its_case(server: &'static cluster::Cluster) {
    let one = TestDatabase::on_postgres(server).unwrap();
    let other = TestDatabase::on_postgres(server).unwrap();
    cluster::execute(&one.url, "CREATE TABLE mark (id int)").unwrap();
    cluster::execute(&one.url, "SELECT id FROM mark").unwrap();
    let problem = cluster::execute(&other.url, "SELECT id FROM mark").unwrap_err();
    assert!(problem.contains("does not exist"), "{problem}");
    cluster::execute(&other.url, "SELECT seq FROM ledger").unwrap();
    let url = one.url.clone();
    drop(one);
    let problem = cluster::execute(&url, "").unwrap_err();
    assert!(problem.contains("does not exist"), "{problem}");
}

fn the_server_goes_when_the_test_process_is_killed() {
    let (mut child, url) = cluster::holder().unwrap();
    let answered = cluster::execute(&url, "SELECT 1");
    let folder = Path::new(url.split_once("host=").unwrap().1);
    let lock = fs::read_to_string(folder.join("data/postmaster.pid"));
    child.kill().unwrap();
    child.wait().unwrap();
    answered.unwrap();
    let process = Path::new("/proc").join(lock.unwrap().lines().next().unwrap());
    let killed = Instant::now();
    while folder.exists() || process.exists() {
        assert!(killed.elapsed() < Duration::from_secs(8), "{} outlives its process", folder.display());
        thread::sleep(Duration::from_millis(20));
    }
}
