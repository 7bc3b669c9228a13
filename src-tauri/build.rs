fn main() { println!("cargo:rerun-if-changed=ui/dist"); }
