module {"name": "m"};
import "lib/o" as o;
def double(f): f * 2;
def names: ["a", "b"];
def outer: o::o;
