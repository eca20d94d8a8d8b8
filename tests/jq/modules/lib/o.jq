def o: "from below";
