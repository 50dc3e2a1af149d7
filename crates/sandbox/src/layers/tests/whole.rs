//! All layers, in their order.

use std::sync::mpsc::channel;

use tapedeck_domain::isolation::{Layer, LayerPolicy, LayerReport};
use tapedeck_domain::job::Limits;

use super::attempts::{self as attempt, Outside};
use super::{EVERYBODY, Who, inside, plan};
use crate::layers::{Plan, Refused, bound, enter, seal};

fn put_on(plan: &Plan) -> Result<Vec<LayerReport>, Refused> {
    let mut layers = enter(plan)?;
    layers.push(bound(plan, &Limits::of_time_and_memory(1000, 256))?);
    layers.push(seal(plan)?);
    Ok(layers)
}

#[test]
fn a_run_has_every_layer_once_and_can_reach_nothing() {
    for who in EVERYBODY {
        let outside = Outside::open();
        let (layers, tried) = inside(who, || {
            let layers = put_on(&plan(LayerPolicy::Preferred)).unwrap();
            let tried = vec![
                attempt::open(),
                attempt::create(),
                outside.tcp(),
                outside.udp(),
                outside.abstract_unix(),
                outside.signal(),
                outside.trace(),
                attempt::become_root(),
                attempt::thread(),
                attempt::process(),
                attempt::exec(),
                attempt::mount(),
            ];
            (layers, tried)
        });
        let mut names: Vec<Layer> = layers.iter().map(|report| report.layer).collect();
        names.sort();
        let mut all = Layer::ALL;
        all.sort();
        assert_eq!(names, all, "{who:?}");
        assert!(layers.iter().all(|report| !report.detail.is_empty()), "{layers:?}");
        for layer in [Layer::Uid, Layer::NoNewPrivs, Layer::Rlimits, Layer::Seccomp] {
            let report = layers.iter().find(|report| report.layer == layer).unwrap();
            assert!(report.enforced, "{who:?}: {report:?}");
        }
        assert!(tried.iter().all(|errno| *errno > 0), "{who:?}: {tried:?}");
    }
}

#[test]
fn a_thread_that_started_before_the_last_layer_still_hears() {
    for who in EVERYBODY {
        let heard = inside(who, || {
            let plan = plan(LayerPolicy::Preferred);
            enter(&plan).unwrap();
            bound(&plan, &Limits::of_time_and_memory(1000, 256)).unwrap();
            let (say, hear) = channel::<u8>();
            let thread = std::thread::spawn(move || hear.iter().map(u32::from).sum::<u32>());
            seal(&plan).unwrap();
            (1..=4).for_each(|n| say.send(n).unwrap());
            drop(say);
            thread.join().unwrap()
        });
        assert_eq!(heard, 10, "{who:?}");
    }
}

#[test]
fn a_layer_that_is_required_and_cannot_be_had_refuses_by_its_name() {
    let report = |policy| {
        inside(Who::Ordinary, || {
            let result = put_on(&plan(policy));
            result.map_err(|refused| (refused.layer, refused.to_string()))
        })
    };
    let missing = report(LayerPolicy::Preferred).unwrap().into_iter().find(|r| !r.enforced);
    match (missing, report(LayerPolicy::Required)) {
        (Some(missing), Err((layer, text))) => {
            assert_eq!(layer, missing.layer);
            assert!(text.contains(layer.as_str()) && text.contains(&missing.detail), "{text}");
        }
        (None, Ok(layers)) => assert_eq!(layers.len(), Layer::ALL.len()),
        (missing, required) => panic!("{missing:?}, but {required:?}"),
    }
}
