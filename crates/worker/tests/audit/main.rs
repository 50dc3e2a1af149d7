//! The audit trail of both databases, tampered with in every way: each is found and named.

mod archive;
mod chain;
mod entries;
mod heads;
mod probe;
mod refusals;
mod roles;
mod trail;

#[path = "../../../postgres/tests/support/mod.rs"]
mod support;

/// A test of each of the cases on each database.
macro_rules! on_both {
    ($($case:ident)+) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case($crate::trail::Trail::sqlite().await).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case($crate::trail::Trail::postgres().await).await;
                }
            )+
        }
    };
}
pub(crate) use on_both;
