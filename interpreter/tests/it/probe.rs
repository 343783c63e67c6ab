use crate::machines::{run, pass};
use serde_json::json;
#[test]
fn probe() {
    let list = "$reduce([1..200000], function($a, $b){ [[$a]] })".to_owned();
    let mut v = vec![list.clone(), format!("({list}; 1)"), "$reduce([1..200000], function($a, $b){ {'a':$a} })".into()];
    for n in [99,100,101,102, 120,150,199,200,201,300,400,401] { v.push(vec!["1"; n].join("+")); v.push(format!("{}1{}", "(".repeat(n), ")".repeat(n)));v.push(format!("{}1{}", "[".repeat(n), "]".repeat(n)));
      }
 for n in 29..35 { v.push(format!("($f := function($n){{ $n = 0 ? 0 : 1 + $f($n - 1) }}; $f({n}))")); }
    for s in v {
        let (e, _) = run(pass(&json!(format!("{{% {s} %}}"))), json!({}));
        let t = format!("{:?}", e.status());
        eprintln!("{} {} -> {}", s.len(), s.chars().take(40).collect::<String>(), t.chars().rev().take(100).collect::<Vec<_>>().into_iter().rev().collect::<String>());
    }
}
