#!/bin/sh
# Fits y = a * exp(-b * x) * cos(c * x + d) to decay.csv by simulated annealing.
#
#   sh anneal.sh --temperature 1 --cooling 0.99 --width 0.1 --steps 400 --seed 1
#
# Prints the mean squared error over ten starts: on the fitted points, and on every third point, which is held out.
# A better annealing schedule gives a lower error.

temperature=1 cooling=0.99 width=0.1 shrink=no seed=0 steps=400
while [ $# -gt 0 ]; do
    case $1 in
        --temperature) temperature=$2; shift ;;
        --cooling) cooling=$2; shift ;;
        --width) width=$2; shift ;;
        --steps) steps=$2; shift ;;
        --seed) seed=$2; shift ;;
        --shrink) shrink=yes ;;
        *) echo "anneal.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done

exec awk -F, -v temperature="$temperature" -v cooling="$cooling" -v width="$width" -v shrink="$shrink" -v seed="$seed" \
    -v steps="$steps" -v starts=10 '
function curve(at) { return p[1] * exp(-p[2] * at) * cos(p[3] * at + p[4]) }
function mse(held_out,    i, n, sum) {
    for (i = 1; i <= rows; i++)
        if ((i % 3 == 0) == held_out) { sum += (y[i] - curve(x[i])) ^ 2; n++ }
    return sum / n
}
function anneal(t,    i, step, reach, now, new, best, old, kept) {
    p[1] = 1; p[2] = 0.1; p[3] = 1; p[4] = 0
    now = best = mse(0)
    for (i = 1; i <= 4; i++) kept[i] = p[i]
    for (step = 1; step <= steps; step++) {
        reach = shrink == "yes" ? width * (1 - step / (steps + 1)) : width
        for (i = 1; i <= 4; i++) { old[i] = p[i]; p[i] += reach * (2 * rand() - 1) }
        new = mse(0)
        if (new < now || rand() < exp((now - new) / t)) {
            now = new
            if (new < best) { best = new; for (i = 1; i <= 4; i++) kept[i] = p[i] }
        } else for (i = 1; i <= 4; i++) p[i] = old[i]
        t *= cooling
        if (t < 1e-9) t = 1e-9
    }
    for (i = 1; i <= 4; i++) p[i] = kept[i]
}
NR > 1 { rows++; x[rows] = $1; y[rows] = $2 }
END {
    srand(seed)
    for (start = 1; start <= starts; start++) {
        anneal(temperature)
        fitted += mse(0) / starts
        held_out += mse(1) / starts
        printf "start %d: mse %.5f  a %.3f  b %.3f  c %.3f  d %.3f\n", start, mse(0), p[1], p[2], p[3], p[4]
    }
    printf "mse=%.6g\nheld_out_mse=%.6g\n", fitted, held_out
}' "$(dirname "$0")/decay.csv"
