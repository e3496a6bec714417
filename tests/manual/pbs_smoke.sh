#!/bin/bash
# Tries a real PBS in about five minutes: two trials, of which one job is ended with qdel and runs again.
# On a login node, with tunesmith[parsl] installed:  bash pbs_smoke.sh QUEUE ACCOUNT ["#PBS -l filesystems=home:eagle"]
set -euo pipefail
queue=$1 account=$2 options=${3:-}
folder=$(mktemp -d "$PWD/pbs-smoke-XXXX")
cd "$folder"
cat > train.py <<'PYTHON'
import pathlib, sys, time
folder, x = pathlib.Path(sys.argv[1]), float(sys.argv[2])
(folder / "began").touch()
for epoch in range(12):
    print(f"epoch {epoch} loss {x + 1 / (epoch + 1)}", flush=True)
    time.sleep(5)
PYTHON
cat > study.toml <<TOML
[study]
objective = "minimize loss"
[task]
command = "python3 train.py {trial_dir} {x}"
[space]
x = { type = "float", low = 0.0, high = 1.0 }
[budget]
trials = 2
[execution]
executor = "pbs:2"
queue = "$queue"
account = "$account"
options = "$options"
walltime = "00:10:00"
TOML
tunesmith doctor study.toml --probe --no-run
tunesmith run --folder study --quiet &
until [ -e study/trials/0000/began ]; do sleep 2; done
qdel "$(cat study/trials/0000/job/id)"
wait $!
tunesmith status study
ls study/trials/0000/job
echo "It works if both trials are complete and trial 0 took two attempts."
