//! Every process is replaced in turn, under load.

use std::time::Duration;

use crate::cluster::Cluster;
use crate::load::{Load, Upstream, check};

/// For the load to meet what is there now.
const WHILE: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_loses_nothing_and_spends_no_attempt() {
    let cluster = Cluster::new().await;
    let upstream = Upstream::default();
    let mut apis = vec![cluster.start("api").await, cluster.start("api").await];
    let mut workers = vec![cluster.start("worker").await, cluster.start("worker").await];
    apis.iter().for_each(|api| upstream.add(api));
    let load = Load::start(&upstream, 3);
    for _ in 0..2 {
        tokio::time::sleep(WHILE).await;
        let old = apis.remove(0);
        // Requests still reach it while it stops: its clients go elsewhere by themselves.
        let gone = old.address.clone();
        old.terminate().await;
        apis.push(cluster.start("api").await);
        upstream.add(&apis[1]);
        upstream.forget(&gone);
        workers.remove(0).terminate().await;
        workers.push(cluster.start("worker").await);
    }
    tokio::time::sleep(WHILE).await;
    let acknowledged = load.stop().await;
    check(&acknowledged, &apis[0], &cluster.database).await;
}
