#!/bin/sh
# One `collapse-lab worker` a GPU, each of which sees that one alone; without a GPU, one worker. Options go on to them:
#   workers.sh --queue gpu --folder /var/lib/exogate/runs
# It ends when the last worker has. A signal is passed on: each worker puts its arm back into the queue.
set -eu

gpus=$(nvidia-smi --query-gpu=index --format=csv,noheader 2>/dev/null || true)
pids=
# As soon as the workers exist they are told; `wait` then comes back at once.
pass_on() {
  [ -z "$pids" ] || kill -TERM $pids 2>/dev/null || true
}
trap pass_on INT TERM

if [ -z "$gpus" ]; then
  echo "workers.sh: nvidia-smi names no GPU; one worker works on the processor." >&2
  collapse-lab worker "$@" &
  pids=$!
else
  for gpu in $gpus; do
    CUDA_VISIBLE_DEVICES=$gpu collapse-lab worker "$@" &
    pids="$pids $!"
  done
fi

status=0
for pid in $pids; do
  ended=
  # A signal ends `wait`, not the worker: wait again until it is gone.
  while kill -0 "$pid" 2>/dev/null; do
    wait "$pid" && ended=0 || ended=$?
  done
  # One that was gone before is known to the shell all the same.
  [ -n "$ended" ] || { wait "$pid" && ended=0 || ended=$?; }
  [ "$ended" -eq 0 ] || status=$ended
done
exit "$status"
