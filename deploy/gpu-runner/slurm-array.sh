#!/bin/sh
# One sitting of a study a task: an arm with its seeds, and the random control that is matched with it.
#   collapse-lab plan qwen05-main --json      # its sittings, in order; here 0 to 6
#   sbatch --array=0-6 slurm-array.sh qwen05-main
#   sbatch --array=0-5%2 slurm-array.sh paper-main-revised --model santacoder
# Partition, account and time are your cluster's: give them to sbatch. LAB_RUNS is a folder that all nodes see.
# A task that was stopped goes on where it stood: submit it again, or let --requeue do so. Afterwards:
#   collapse-lab merge "$LAB_RUNS"/runs/qwen05-main-sittings/* --out "$LAB_RUNS"/runs/qwen05-main
#SBATCH --job-name=collapse-lab
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=4
#SBATCH --mem=64G
#SBATCH --requeue
#SBATCH --output=collapse-lab-%A-%a.log
set -eu

: "${SLURM_ARRAY_TASK_ID:?submit this with sbatch --array=0-LAST}"
if [ $# -eq 0 ]; then
  echo "usage: sbatch --array=0-LAST slurm-array.sh STUDY [--model NAME] [option of run ...]" >&2
  exit 2
fi

mkdir -p "${LAB_RUNS:=$PWD}"
cd "$LAB_RUNS"
# One arm at a time on the one GPU. Bases are kept in the home directory's cache, for all tasks.
exec collapse-lab run "$@" --sitting "$SLURM_ARRAY_TASK_ID" --workers 1 ${LAB_SHARE:+--share "$LAB_SHARE"}
