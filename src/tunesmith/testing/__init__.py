"""For authors of plugins: contracts that every plugin keeps, and problems to try it on."""
